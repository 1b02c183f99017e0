"""Output: results to stdout, notes and progress to stderr, and the signals that interrupt both."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnncli.errors import CnncliError, name_settings
from cnncli.plain import to_plain

if TYPE_CHECKING:
    from cnncli.render.blocks import Depth

OPTIONS = {  # what settings are called on the command line, where that is not their own name
    "embed": "--embed-preprocessing",
    "external_data": "--external-data",
    "fold": "--no-fold",
    "ignored": "--ignore",
    "input_shape": "--input",
    "normalization": "--normalize",
    "resize": "--resize-mode",
    "size": "--img-size",
    "weighted": "--class-weights",
}


BAR = 24  # columns


class Interrupted(BaseException):
    """A signal asked the program to stop; `signal` is its number.

    An exception that a signal raises can get lost, in the C code of an import for instance. So the
    signal stays pending, and every output raises it again, until whoever caught it sets it to 0.
    """

    pending = 0
    postponed = False  # whether a signal stays pending instead of raising this at once

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal

    @classmethod
    def check(cls) -> None:
        """Raise the pending signal, if any."""
        if cls.pending:
            raise cls(cls.pending)


@contextlib.contextmanager
def postpone_signals() -> Iterator[None]:
    """Let what is done meanwhile come to its end before a signal interrupts the program."""
    Interrupted.postponed = True
    try:
        yield
    finally:
        Interrupted.postponed = False
    Interrupted.check()


class Preferences:
    """What -q and --no-color ask for; a process runs a single command."""

    quiet = False
    color = True


def write_bytes(data: bytes) -> None:
    """Write to stdout and flush; raise CnncliError where that fails, BrokenPipeError on a pipe."""
    Interrupted.check()
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CnncliError(f"cannot write to stdout: {str(error.strerror).lower()}") from error


def write_line(text: str = "") -> None:
    """Write a line of the result to stdout and flush it."""
    line = text + "\n"
    try:
        write_bytes(os.fsencode(line))  # a file name goes out as the bytes it came in as
    except UnicodeEncodeError:
        write_bytes(line.encode(errors="backslashreplace"))


def wrap_below(text: str) -> list[str]:
    """Return the lines of a text that stands below what it is about; they fit in 80 columns."""
    from textwrap import wrap

    return wrap(text, 80, initial_indent="    ", subsequent_indent="    ")


def write_json(value: Any) -> None:
    """Write a line of JSON to stdout: NaN and Infinity become null, NumPy's values plain ones."""
    import json

    write_line(json.dumps(to_plain(value), allow_nan=False))


def name_options(message: str) -> str:
    """Return a message in which settings are called what the command line calls them."""
    return name_settings(message, lambda name: OPTIONS.get(name, f"--{name.replace('_', '-')}"))


def escape(text: str) -> str:
    """Return the text with its control characters made visible, for a terminal or a log."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or ord(character) > 0x9F
        else f"\\x{ord(character):02x}"
        for character in text
    )


def escape_on_terminal(text: str) -> str:
    """Return a text with escapes if stdout is a terminal, which would obey control characters."""
    return escape(text) if sys.stdout.isatty() else text


def wants_color() -> bool:
    """Say whether stdout is a terminal that takes color."""
    return (
        Preferences.color
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def shows_pictures() -> bool:
    """Say whether stdout is a terminal that says it has the kitty graphics protocol.

    Not within tmux or screen, which keep what the terminal outside says but do not pass pictures.
    """
    names = os.environ
    wrapped = "TMUX" in names or names.get("TERM", "").startswith(("screen", "tmux"))
    known = (
        "KITTY_WINDOW_ID" in names
        or names.get("TERM") in ("xterm-kitty", "xterm-ghostty")
        or names.get("TERM_PROGRAM") in ("WezTerm", "ghostty")
    )
    return wants_color() and known and not wrapped


def choose_depth() -> Depth:
    """Return the colors that pictures on stdout may have."""
    if not wants_color():
        return "none"
    return "truecolor" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256"


def note(text: str) -> None:
    """Write a line to stderr unless -q was given."""
    Interrupted.check()
    if not Preferences.quiet:
        _write_to_stderr(escape(name_options(text)) + "\n")


def complain(text: str) -> None:
    """Write an error that does not end the work to stderr, -q or not."""
    _write_to_stderr(f"cnncli: {escape(text)}\n")


def _write_to_stderr(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError:
        pass  # a full disk behind stderr is no reason to give up the work


class Progress(contextlib.AbstractContextManager["Progress"]):
    """How far a long piece of work is: a bar on a terminal, else a plain line per 10 s.

    `total` counts what is to be done, None where nobody knows.
    """

    def __init__(self, total: int | None, unit: str) -> None:
        self.total = total
        self.unit = unit
        self.bar = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.every = 0.1 if self.bar else 10.0  # seconds
        self.started = self.last = time.monotonic()
        self.drawn = False

    def update(self, done: int, text: str = "") -> None:
        """Show that this many are done, and what else there is to say."""
        Interrupted.check()
        now = time.monotonic()
        if Preferences.quiet or now - self.last < self.every:
            return
        self.last = now
        figures = f"{done} {self.unit}"
        if self.total:
            left = (now - self.started) / max(done, 1) * (self.total - done)
            figures = f"{done}/{self.total} {self.unit}, {left:.0f} s left"
        line = ", ".join(part for part in (figures, escape(text)) if part)
        self.drawn = self.bar
        _write_to_stderr(f"\r{self._draw(done, line)}\x1b[K" if self.bar else line + "\n")

    def _draw(self, done: int, line: str) -> str:
        """Return a bar with the line behind it, which fit into a line of the terminal."""
        from shutil import get_terminal_size

        columns = get_terminal_size().columns - 1
        width = min(BAR, columns - len(line) - 1)
        if not self.total or width < 1:
            return line[:columns]
        filled = width * done // self.total
        return "━" * filled + " " * (width - filled) + f" {line}"

    def clear(self) -> None:
        """Take the bar off the terminal, to write something else there."""
        if self.drawn:
            self.drawn = False
            _write_to_stderr("\r\x1b[K")

    def __exit__(self, *_: object) -> None:
        """Leave nothing of the bar behind."""
        self.clear()
