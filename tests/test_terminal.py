import json
from pathlib import Path

import numpy as np
import pytest

from cnncli import terminal
from cnncli.errors import CnncliError
from cnncli.terminal import (
    Interrupted,
    Preferences,
    Progress,
    escape,
    escape_on_terminal,
    note,
    wants_color,
    write_json,
    write_line,
)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float32("nan")])
def test_json_has_null_for_what_is_no_number(capfd, value):
    write_json({"a": [value, 1]})
    assert capfd.readouterr().out == '{"a": [null, 1]}\n'


def test_json_takes_what_numpy_makes(capfd):
    write_json(
        {"a": np.arange(4, dtype=np.int64).reshape(2, 2), "b": np.bool_(True), "c": (1, "x")}
    )
    assert json.loads(capfd.readouterr().out) == {"a": [[0, 1], [2, 3]], "b": True, "c": [1, "x"]}


def test_json_writes_a_float32_with_its_own_digits(capfd):
    write_json([np.float32(0.9), np.array([0.1], np.float32), 0.1, np.float64(0.1)])
    assert capfd.readouterr().out == "[0.9, [0.1], 0.1, 0.1]\n"


def test_json_keeps_a_name_that_is_no_utf8(capfd):
    write_json("\udcff")
    out = capfd.readouterr().out
    assert out == '"\\udcff"\n' and json.loads(out) == "\udcff"


def test_a_line_keeps_a_name_that_is_no_utf8(capfdbinary):
    write_line("a\udcff\u72ac")
    assert capfdbinary.readouterr().out == b"a\xff\xe7\x8a\xac\n"


def test_a_full_disk_is_named(monkeypatch):
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr("sys.stdout", type("Full", (), {"buffer": full}))
        with pytest.raises(CnncliError, match="cannot write to stdout: no space left on device"):
            write_line("x")


def test_control_characters_are_made_visible():
    assert escape("a\x1b[31m\n\x7f\x9bé\u72ac") == "a\\x1b[31m\\x0a\\x7f\\x9bé\u72ac"


def test_names_are_escaped_on_a_terminal_only(monkeypatch):
    assert escape_on_terminal("a\nb") == "a\nb"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert escape_on_terminal("a\nb") == "a\\x0ab"


@pytest.mark.parametrize(
    ("tty", "env", "wanted"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False),
     (True, {"NO_COLOR": ""}, True), (True, {"TERM": "dumb"}, False)],
)  # fmt: skip
def test_colors_are_for_terminals_that_want_them(monkeypatch, tty, env, wanted):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: tty)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert wants_color() is wanted
    monkeypatch.setattr(Preferences, "color", False)
    assert not wants_color()


def test_a_note_goes_to_stderr_unless_quiet(capfd, monkeypatch):
    note("a\nb")
    monkeypatch.setattr(Preferences, "quiet", True)
    note("c")
    assert capfd.readouterr() == ("", "a\\x0ab\n")


def clock(monkeypatch):
    """Make the time stand still; return what moves it."""
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


def test_progress_is_a_line_per_ten_seconds_where_there_is_no_terminal(capfd, monkeypatch):
    wait = clock(monkeypatch)
    with Progress(100, "images") as progress:
        for done in range(10, 31, 10):
            wait(6)
            progress.update(done, "epoch 1")
    assert capfd.readouterr() == ("", "20/100 images, 48 s left, epoch 1\n")


def test_progress_without_an_end_only_counts(capfd, monkeypatch):
    wait = clock(monkeypatch)
    progress = Progress(None, "images")
    wait(11)
    progress.update(7)
    assert capfd.readouterr().err == "7 images\n"


def test_progress_is_a_bar_on_a_terminal_and_leaves_nothing_behind(capfd, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    wait = clock(monkeypatch)
    with Progress(4, "images") as progress:
        wait(1)
        progress.update(1)
        progress.update(2)  # too soon to be drawn
    bar = "━" * 6 + " " * 18
    assert capfd.readouterr().err == f"\r{bar} 1/4 images, 3 s left\x1b[K\r\x1b[K"


@pytest.mark.parametrize(("columns", "bar"), [("80", 24), ("40", 18), ("20", 0)])
def test_a_bar_and_what_stands_behind_it_fit_into_a_line(capfd, monkeypatch, columns, bar):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", columns)
    wait = clock(monkeypatch)
    progress = Progress(1, "images")
    wait(1)
    progress.update(1)
    (line,) = capfd.readouterr().err.removeprefix("\r").removesuffix("\x1b[K").splitlines()
    assert line.startswith("━" * bar) and line.count("━") == bar
    assert len(line) < int(columns)
    assert line.lstrip("━ ")[:19] == "1/1 images, 0 s lef"


def test_progress_is_silent_when_quiet(capfd, monkeypatch):
    monkeypatch.setattr(Preferences, "quiet", True)
    wait = clock(monkeypatch)
    with Progress(4, "images") as progress:
        wait(100)
        progress.update(1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("output", [note, write_json, Progress(1, "images").update])
def test_an_interruption_that_got_lost_is_raised_by_the_next_output(monkeypatch, output):
    monkeypatch.setattr(Interrupted, "pending", 15)
    with pytest.raises(Interrupted) as raised:
        output(1)
    assert raised.value.signal == 15
