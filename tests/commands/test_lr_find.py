import json
import re

import pytest
from PIL import Image

FAST = ("--arch", "conv(4, 3) >> relu >> maxpool >> dense(classes)", "-b", "16")


def test_the_suggestion_alone_is_on_stdout_and_the_losses_on_stderr(run, patterns, tmp_path):
    done = run("lr-find", patterns, *FAST, "-o", tmp_path / "lr.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"[\d.e-]+\n", done.stdout)
    assert 1e-5 < float(done.stdout) < 1
    assert "step  learning rate" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["lr.png"]
    with Image.open(tmp_path / "lr.png") as picture:
        assert picture.format == "PNG"


def test_a_training_takes_the_suggestion(shell, patterns, tmp_path):
    network = " ".join(f"'{option}'" for option in FAST)
    done = shell(
        f"cnncli train {patterns} {network} --epochs 1 -q -o {tmp_path}/m.npz "
        f"--lr $(cnncli lr-find {patterns} {network} -q)"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_json_has_every_step(run, patterns):
    done = run("lr-find", patterns, *FAST, "--json", "-q")
    record = json.loads(done.stdout)
    assert (record["schema"], record["command"]) == (1, "lr-find")
    rates = [step["learning_rate"] for step in record["steps"]]
    assert rates == sorted(rates) and 10 < len(rates) <= 100
    assert rates[0] < record["lr"] < rates[-1]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["-o", "-"], "-o - would go to stdout, where the learning rate goes; give a file"),
        (["-o", "lr.pdf"], "lr.pdf: no such kind of output; use a name that ends in .png or .svg"),
        (["-o", "old.png"], "old.png: already exists; use -f to overwrite it"),
        (["--lr", "1"], "--lr is what lr-find looks for; leave it out"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(call, tmp_path, options, fault):
    (tmp_path / "old.png").write_text("precious")
    done = call("lr-find", "no data, for it is not read", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"cnncli: {fault}\n")
