import json

import pytest

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"
FAST = ("--arch", ARCH, "--epochs", "2", "-b", "16", "-q")


@pytest.mark.parametrize("options", [["-o", "m.npz", "--log", "log"], []])
def test_a_dry_run_shows_what_a_training_takes_and_writes_nothing(run, patterns, tmp_path, options):
    done = run("train", patterns, *FAST, "--dry-run", *options, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("input 8x10x1\n")
    for text in ("conv1 ", "params   187,", "values and gradients of a step", " for 2 epochs"):
        assert text in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_json_has_the_same_as_a_document(run, patterns, tmp_path):
    done = run("train", patterns, *FAST, "-n", "--json", cwd=tmp_path)
    outlook = json.loads(done.stdout)
    assert (outlook["schema"], outlook["command"], outlook["dry_run"]) == (1, "train", True)
    assert outlook["counts"] == {"columns": 20, "plain": 20, "rows": 20}
    assert outlook["params"] == 187
    assert outlook["settings"]["epochs"] == 2
    memory, seconds = outlook["memory"], outlook["seconds"]
    assert memory.pop("total") == sum(memory.values())
    assert 0 < seconds["step"] < seconds["epoch"] < seconds["training"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["-o", "old.npz"], "old.npz: already exists; use -f to overwrite it"),
        (["-o", "m.npz", "--resume"], "--dry-run is about a whole training; leave --resume out"),
    ],
)
def test_what_a_training_would_refuse_is_refused(call, tmp_path, options, fault):
    (tmp_path / "old.npz").write_text("precious")
    done = call("train", "no data, for it is not read", "-n", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"cnncli: {fault}\n")
