"""Messages: settings in them are named for whoever shows them, and words of like spelling."""

from cnncli.errors import CnncliError, did_you_mean, setting
from cnncli.terminal import name_options


def test_a_message_names_a_setting_as_python_does():
    assert str(CnncliError(f"{setting('resize')} is not for masks")) == "resize is not for masks"


def test_the_command_line_names_the_option():
    error = CnncliError(f"give {setting('val')}, or {setting('resize')}, not --val")
    assert name_options(error.message) == "give --val, or --resize-mode, not --val"


def test_a_path_cannot_pass_for_a_setting():
    assert name_options("`val`/a.png: damaged") == "`val`/a.png: damaged"


def test_did_you_mean_says_nothing_without_a_likely_word():
    assert did_you_mean("relo", ["relu", "elu"]) == "; did you mean relu?"
    assert did_you_mean("xyz", ["relu", "elu"]) == ""
