import subprocess
import sys
from pathlib import Path


def test_a_training_stopped_or_killed_and_resumed_ends_with_the_same_bytes():
    program = Path(__file__).with_name("resume_everywhere.py")
    few = ("--networks", "bn", "--every", "7", "--kills", "2")
    done = subprocess.run([sys.executable, program, *few], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].split()[:3] == ["bn", "adamw", "1"]
