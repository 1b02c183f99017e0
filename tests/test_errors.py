"""Messages: settings in them are named for whoever shows them, and words of like spelling."""

import pytest

from cnncli.errors import CnncliError, did_you_mean, setting
from cnncli.terminal import name_options


def test_a_message_names_a_setting_as_python_does():
    assert str(CnncliError(f"{setting('resize')} is not for masks")) == "resize is not for masks"


def test_the_command_line_names_the_option():
    error = CnncliError(f"give {setting('val')}, or {setting('resize')}, not --val")
    assert name_options(error.message) == "give --val, or --resize-mode, not --val"


def test_a_path_cannot_pass_for_a_setting():
    assert name_options("`val`/a.png: damaged") == "`val`/a.png: damaged"


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("BatchNorm2d", ["bn", "conv", "batch"], "bn"),
        ("Linear", ["dense", "lenet5"], "dense"),
        ("conv_transpose", ["conv", "deconv"], "deconv"),
        ("GlobalAveragePooling2D", ["global_avgpool", "avgpool"], "global_avgpool"),
        ("concat", ["conv", "a + b", "a | b"], "a | b"),
        ("--learning-rate", ["--lr", "--lr-schedule"], "--lr"),
        ("--num-workers", ["--threads", "--no-color"], "--threads"),
        ("--imgsz", ["--input", "--json"], "--input"),
        ("kernel_size", ["filters", "size"], "size"),
        ("fit", ["predict", "train"], "train"),
    ],
)
def test_what_things_are_called_elsewhere_is_known(word, known, meant):
    assert did_you_mean(word, known) == f"; did you mean {meant}?"


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("linear", ["lenet5", "conv"]),
        ("concat", ["--color", "--count"]),
        ("--augment", ["--output", "--warmup-epochs", "--momentum"]),
        ("fc", ["dc", "fill"]),
        ("--gpu", ["--lr", "--quiet"]),
    ],
)
def test_nothing_far_fetched_is_meant(word, known):
    assert did_you_mean(word, known) == ""


def test_did_you_mean_says_nothing_without_a_likely_word():
    assert did_you_mean("relo", ["relu", "elu"]) == "; did you mean relu?"
    assert did_you_mean("xyz", ["relu", "elu"]) == ""
