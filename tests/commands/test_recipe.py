"""An architecture may say in a comment how it is trained best."""

import pytest

TEXT = "conv(4, 3) >> relu >> maxpool >> dense(classes)\n"


def settings_line(done):
    assert done.returncode == 0, done.stderr
    return next(line for line in done.stderr.splitlines() if line.startswith("settings: "))


@pytest.fixture
def train(run, patterns, tmp_path):
    def train_with(comment, *options):
        (tmp_path / "net.cnn").write_text(f"# train: {comment}\n{TEXT}")
        arch = f"@{tmp_path / 'net.cnn'}"
        return run("train", patterns, "-o", tmp_path / "m.npz", "--arch", arch, *options)

    return train_with


def test_the_options_of_the_comment_are_those_of_the_training(train):
    line = settings_line(train("--epochs 1 -b 20 --optimizer 'momentum(0.8)' --lr 0.125"))
    assert line.startswith("settings: 1 epochs, batches of 20, momentum(0.8), lr 0.125 cosine")


def test_what_is_given_on_the_command_line_wins(train):
    line = settings_line(train("--epochs 3 --lr 0.125", "--epochs", "1", "--lr", "0.25"))
    assert line.startswith("settings: 1 epochs, batches of 32, adamw, lr 0.25 ")


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("--epoch 1", "no such option '--epoch'"),
        ("--lr fast", "invalid value for '--lr': 'fast' is not a valid float"),
        ("--img-size 8", "--img-size is not about how to train"),
        ("-o other.npz", "--output is not about how to train"),
        ("folder", "data is not about how to train"),
        ("--lr '0.1", "no closing quotation"),
    ],
)
def test_a_comment_that_cannot_be_followed_is_refused(train, tmp_path, comment, fault):
    done = train(comment)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        f"cnncli: '# train: …' in the architecture: {fault}"
    )
    assert done.stderr.splitlines()[-1].endswith("; mend the comment")
    assert not (tmp_path / "m.npz").exists()


def test_a_preset_brings_its_own_options(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", "--arch", "quick32", "--color", "rgb",
               "--img-size", "16", "--epochs", "0.5")  # fmt: skip
    assert ", muon(0.6), " in settings_line(done)
