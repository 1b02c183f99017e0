"""The command group: finds the commands, words every error, gives every end its exit code."""

# Built in, so that these two take no time; `signal` would import others.
import _signal  # type: ignore[import-not-found]
import sys

if (
    sys.argv[0].endswith(("cnncli", "cnncli/__main__.py"))
    and _signal.getsignal(2) is _signal.default_int_handler
):
    _signal.signal(2, _signal.SIG_DFL)  # Ctrl-C ends the imports without a traceback

import contextlib
import errno
import gc
import os
import re
import signal
import warnings
from importlib import import_module
from itertools import pairwise
from types import FrameType
from typing import NoReturn

# For the libraries, which read these when they are loaded. NumPy's threads would only be in the way
# of ours. Ours spin for some 50 microseconds before they sleep: not at all, and small networks are
# many times slower; for long, and all networks are where other programs want the same cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
if gc.isenabled():  # or Python would look through all it has imported for garbage, time and again
    gc.set_threshold(100_000)

import click

from cnncli import __version__, commands
from cnncli.docstrings import read_docstring
from cnncli.errors import CnncliError, UsageError, did_you_mean
from cnncli.options import Help
from cnncli.terminal import Interrupted, escape, name_options

ORDER = (  # of work: from data to a model, to answers, into the network; help comes last
    "preview", "lr-find", "train", "curves", "predict", "evaluate", "inspect-filters", "trace",
    "report", "info", "convert", "arch", "layers", "shape-calc", "draw", "bench", "help",
)  # fmt: skip
NO_NAMES = (errno.ELOOP, errno.ENAMETOOLONG)  # errors of names that no file can have
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_CODES = """\b
Exit codes:
  0    done
  1    failed: disk full, stdout closed, out of memory, anything unforeseen
  2    usage: unknown option or command, bad value, network that does not fit
  3    data: no images found, unreadable set, labels that do not fit the model
  4    finished, but some items failed (each is reported in place)
  5    model file: damaged, unsafe, wrong version, not a model
  6    a gate was not met (--fail-under, --max-params, ...)
  7    training diverged; the last good model is kept
  130, 141, 143   interrupted, reader went away, terminated"""


class Commands(Help, click.Group):
    """One command per file of commands/, imported when it is asked for."""

    examples = (
        "cnncli train sample_data/digits -o digits.npz",
        "cnncli predict digits.npz sample_data/digits/test",
    )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, as they are typed."""
        return sorted(_list_files(), key=lambda name: (_rank(name), name))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command's file."""
        if name not in _list_files():
            return None
        stem = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"cnncli.commands.{stem}"), stem)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by the first sentences of their docstrings, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, _read_sentence(_list_files()[name])) for name in self.list_commands(ctx)]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say what a mistyped command may have meant."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            hint = did_you_mean(args[0], names) or "; see 'cnncli --help'"
            raise UsageError(f"no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)


def _rank(name: str) -> int:
    """Return the place of a command in the order of work; of one not named there, the last."""
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _list_files() -> dict[str, str]:
    """Return the files of the commands by their names."""
    return {
        entry.name[:-3].replace("_", "-"): entry.path
        for entry in os.scandir(commands.__path__[0])
        if entry.name.endswith(".py") and not entry.name.startswith(("_", "."))
    }


def _read_sentence(path: str) -> str:
    """Return the first sentence of the docstring of a command."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes its time to import
        text = file.read()
    match = re.search(r'^@command.*? -> None:\n    """(.+?)\.?(?:"""|\n)', text, re.M | re.S)
    return match[1] if match else ""


@click.command(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, message="cnncli %(version)s")
@click.pass_context
def group(ctx: click.Context) -> None:
    """Train, run and look inside convolutional neural networks from a terminal.

    `cnncli help` lists short pages on data, the notation, training and other topics.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(UsageError.exit_code)


group.help = group.help or read_docstring(group.callback)


def main() -> NoReturn:
    """Run the command line and leave with the exit code of the contract."""
    _open_missing_streams()
    warnings.simplefilter("ignore", RuntimeWarning)  # of overflows; what diverges is reported
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, _interrupt)
    sys.unraisablehook = _keep_interrupts
    arguments = sys.argv[1:]
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except Interrupted as interrupted:
        _die_of(interrupted.signal)
    except BrokenPipeError:
        _die_of(signal.SIGPIPE)
    except Exception as error:
        code = _report(error, as_json=_wants_json(arguments))
    _drop_unwritten()
    os._exit(code)  # everything is written; Python would take its time to take itself apart


def _run(arguments: list[str]) -> int:
    if sys.stdout is None:
        raise CnncliError("stdout is closed; send it to a file or to /dev/null")
    if "_CNNCLI_COMPLETE" in os.environ:
        group.main(arguments, prog_name="cnncli")
    try:
        with group.make_context("cnncli", arguments) as ctx:  # group.main() would exit by itself
            group.invoke(ctx)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    return 0


def _open_missing_streams() -> None:
    """Keep the numbers 0, 1 and 2 from going to the first file that is opened."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(opened)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115


def _interrupt(number: int, frame: FrameType | None) -> None:
    for other in SIGNALS:
        if signal.getsignal(other) is _interrupt:
            signal.signal(other, signal.SIG_DFL)  # the second one ends it at once
    Interrupted.pending = number
    if not Interrupted.postponed:
        raise Interrupted(number)


def _keep_interrupts(unraisable: "sys.UnraisableHookArgs") -> None:
    """Leave an interrupt that came while an object was destroyed to the next `Interrupted.check`.

    Python cannot raise what is raised there, and would report it.
    """
    if not isinstance(unraisable.exc_value, Interrupted):
        sys.__unraisablehook__(unraisable)


def _die_of(number: int) -> NoReturn:
    """End as the signal would have ended it, so that a shell stops its loop."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # the first process of a container survives its own signals


def _drop_unwritten() -> None:
    """Forget what stdout would not take; it was reported, and Python would report it again."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _report(error: Exception, *, as_json: bool) -> int:
    """Write an error to stderr, its details above it, and return its exit code."""
    if os.environ.get("CNNCLI_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    known = _as_cnncli_error(error)
    message = name_options(known.message)
    lines = [f"cnncli: {escape(text)}" for text in (*known.details, message)]
    if as_json:
        import json

        fields = {"code": known.code, "message": message, "path": known.path}
        details = {"details": known.details} if known.details else {}
        lines = [json.dumps({"error": {**fields, **details}})]
    with contextlib.suppress(OSError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201
    return known.exit_code


def _as_cnncli_error(error: Exception) -> CnncliError:
    """Return any error as a CnncliError: with an exit code, and a message of a line."""
    if isinstance(error, CnncliError):
        return error
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        options = [name for parameter in error.ctx.command.params for name in parameter.opts]
        names = [name for name in options if name.startswith("--")]
        hint = did_you_mean(error.option_name, [*names, "--help"])
        hint = hint or f"; see '{error.ctx.command_path} --help'"
        return UsageError(f"no option {error.option_name!r}{hint}")
    if isinstance(error, click.UsageError):
        text = " ".join(error.format_message().split()).rstrip(".")
        where = error.ctx.command_path if error.ctx is not None else "cnncli"
        hint = _suggest_choice(error) or f"; see '{where} --help'"
        return UsageError(f"{text[:1].lower()}{text[1:]}{hint}")
    if isinstance(error, MemoryError):
        return CnncliError("out of memory; smaller batches or images need less")
    if isinstance(error, OSError) and error.strerror:
        path = None if error.filename is None else os.fsdecode(error.filename)
        kind = UsageError if error.errno in NO_NAMES else CnncliError
        return kind(f"{path or 'writing'}: {error.strerror.lower()}", path=path)
    return CnncliError(
        f"unforeseen {type(error).__name__}: {error}; set CNNCLI_DEBUG=1 to see where"
    )


def _suggest_choice(error: click.UsageError) -> str:
    """Return "; did you mean …?" where a value is much like one of those that an option takes."""
    parameter = error.param if isinstance(error, click.BadParameter) else None
    word = re.match(r"'(.*?)' is not one of", error.message)
    if word is None or parameter is None or not isinstance(parameter.type, click.Choice):
        return ""
    return did_you_mean(word[1], parameter.type.choices)


def _wants_json(arguments: list[str]) -> bool:
    """Say whether errors are to be JSON; looked up here, for the error may be in the arguments."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    formats = [option.partition("=")[2] for option in options if option.startswith("--format=")]
    formats += [value for option, value in pairwise(options) if option == "--format"]
    return "--json" in options or not {"json", "jsonl"}.isdisjoint(formats)
