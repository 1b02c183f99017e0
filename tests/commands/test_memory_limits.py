import re

ARCH = "conv(64, 3, pad=1) >> relu >> conv(64, 3, pad=1) >> relu >> dense(classes)"
REFUSAL = (
    r"cnncli: the training takes ([\d.]+) ([MG])B of memory at a batch size of 54, and %s "
    r"(\d+) MB; --batch-size (\d+) fits\n"
)
OPTIONS = ("--arch", ARCH, "--img-size", "64", "--epochs", "1", "-q", "-j", "2")


def test_a_training_above_max_memory_is_refused_with_the_batch_size_that_fits(
    run, patterns, tmp_path
):
    command = ("train", patterns, "-o", tmp_path / "m.npz", *OPTIONS, "--max-memory", "400M")
    done = run(*command, "-b", "54")
    assert (done.returncode, done.stdout) == (1, "")
    match = re.fullmatch(REFUSAL % "--max-memory is", done.stderr)
    assert match and match[3] == "400" and list(tmp_path.iterdir()) == []
    assert 1 <= int(match[4]) < 54
    assert run(*command, "-b", match[4]).returncode == 0


def test_a_training_above_what_the_process_may_take_is_refused(shell, patterns, tmp_path):
    options = " ".join(f"'{option}'" for option in OPTIONS)
    done = shell(f"ulimit -d 400000; cnncli train {patterns} -o {tmp_path}/m.npz {options} -b 54")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(REFUSAL % "there are", done.stderr), done.stderr
