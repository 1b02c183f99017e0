"""Commands whose stdout is a terminal."""

import os
import pty
import subprocess


def on_a_terminal(*arguments):
    """Return what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(arguments, stdout=theirs, env={**env, "TERM": "xterm"})
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 4096):
            written += part
    except OSError:  # as Linux says that nobody writes any longer
        pass
    os.close(ours)
    assert process.wait() == 0
    return written
