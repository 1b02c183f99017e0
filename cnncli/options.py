"""What goes in: the options several commands share, how they are read, and how their help looks."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cnncli import names
from cnncli.docstrings import read_docstring
from cnncli.errors import ArchitectureError, UsageError
from cnncli.terminal import Preferences, note

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.notation.expression import Expression

    ParamType = click.ParamType[Any]
    Choice = click.Choice[str]
else:
    ParamType, Choice = click.ParamType, click.Choice  # no type arguments in older versions

Shape = tuple[int, ...]
Function = TypeVar("Function", bound=Callable[..., Any])


class Help(click.Command):
    """A command whose help opens with its sentence and its examples."""

    examples: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}  # headings, and parameters under each
    lists: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] = {}  # what makes those at the end

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write sentence, examples, usage, the rest, options."""
        sentence, _, rest = (self.help or "").replace("\b", "").strip().partition("\n\n")
        formatter.write_text(" ".join(sentence.split()))
        formatter.write_paragraph()
        for example in self.examples:
            formatter.write(f"  {example}\n")
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        for paragraph in filter(None, rest.split("\n\n")):
            formatter.write_paragraph()
            formatter.write_text(" ".join(paragraph.split()))
        self.format_options(ctx, formatter)
        for heading, make_list in self.lists.items():
            with formatter.section(heading):
                formatter.write_dl(make_list())
        self.format_epilog(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under the headings of their groups, the rest under Options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name: option.get_help_record(ctx) for option in options}
        grouped = {name for members in self.groups.values() for name in members}
        rest = "Other options" if grouped else "Options"
        for heading, members in {**self.groups, rest: records.keys() - grouped}.items():
            with formatter.section(heading):
                listed = [record for name, record in records.items() if name in members and record]
                formatter.write_dl(listed)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


def _remember(name: str, value: Any) -> Callable[[click.Context, click.Parameter, bool], None]:
    def remember(_: click.Context, __: click.Parameter, given: bool) -> None:
        if given:
            setattr(Preferences, name, value)

    return remember


def command(
    *examples: str,
    groups: Mapping[str, tuple[str, ...]] | None = None,
    lists: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] | None = None,
) -> Callable[[Callable[..., None]], Help]:
    """Make a function a command with these examples, -q, --no-color and -h.

    `groups` are the headings that help has its options under, each with names of parameters;
    `lists` what makes the lists of terms and descriptions at its end, by their headings.
    """

    def make(function: Callable[..., None]) -> Help:
        for flags, name, value, text in (
            (("--no-color",), "color", False, "No color, even on a terminal."),
            (("-q", "--quiet"), "quiet", True, "Print nothing but errors on stderr."),
        ):
            function = click.option(
                *flags, is_flag=True, expose_value=False, callback=_remember(name, value), help=text
            )(function)
        name, text = function.__name__.replace("_", "-"), read_docstring(function)
        made = click.command(name, cls=Help, help=text)(function)
        made.params = made.params[2:] + made.params[:2]  # last of all in the list
        made.examples, made.groups, made.lists = examples, groups or {}, lists or {}
        return made

    return make


class _Sizes(ParamType):
    """Whole numbers joined by x."""

    def __init__(self, name: str, lengths: tuple[int, ...], example: str) -> None:
        self.name = name
        self.lengths = lengths
        self.example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        parts = value.lower().split("x")
        fits = all(re.fullmatch("[1-9][0-9]{0,6}", part) for part in parts)
        if not fits or len(parts) not in self.lengths:
            self.fail(f"{value!r} is not a size such as {self.example}", param, ctx)
        return tuple(map(int, parts))


class _ImageSize(_Sizes):
    """A height and a width; a single number means both."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return (height, width)."""
        numbers = super().convert(value, param, ctx)
        return numbers * 2 if len(numbers) == 1 else numbers


class _Numbers(ParamType):
    """Whole numbers from 0 on, separated by commas."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(re.fullmatch("[0-9]{1,7}", part) for part in parts):
            self.fail(f"{value!r} is not a list of numbers such as 0,3,5", param, ctx)
        return tuple(map(int, parts))


class _Bytes(ParamType):
    """A number of bytes, with K, M or G behind it for powers of 1024."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of bytes."""
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)(?:i?B)?", str(value), re.IGNORECASE)
        if not match:
            self.fail(f"{value!r} is not a number of bytes such as 64M", param, ctx)
        return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


class _Duration(ParamType):
    """A time: a number with s, m or h behind it, or of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of seconds."""
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([smh]?)", str(value))
        if not match or not float(match[1]):
            self.fail(f"{value!r} is not a time such as 90s, 5m or 1.5h", param, ctx)
        return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


class FiniteRange(click.FloatRange):
    """A number within bounds, which infinity and NaN are not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


class _Share(click.FloatRange):
    """A number from 0 to 1."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; of one that is meant in percent, say what it is as a share."""
        number = click.FLOAT.convert(value, param, ctx)
        if 1 < number <= 100:
            self.fail(f"{value} is above 1; write {number / 100:g} for {number:g} %", param, ctx)
        return super().convert(value, param, ctx)


class Named(Choice):
    """One of a few names, with settings in parentheses where they are not the usual ones."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text; what it says is read where the names are known to mean something."""
        super().convert(value.partition("(")[0].strip(), param, ctx)
        return value


class _Output(ParamType):
    """The name of a file to write; all names of stdout become `-`."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name."""
        from cnncli.model_file.atomic import STDOUT

        return "-" if value in STDOUT else value


def note_unusual_size(shape: Shape) -> None:
    """Say what the size of an input means where it may be meant for an image written otherwise."""
    match shape:
        case (length, channels) if channels > 4 and length < 4 * channels:
            note(
                f"input {length}x{channels}: a signal of {length} samples in {channels} channels; "
                f"an image is {length}x{channels}x1"
            )
        case (1 | 3 | 4 as first, width, last) if first < min(width, last):
            note(
                f"input {first}x{width}x{last}: an image of {first}x{width} with {last} channels; "
                f"channels come last, as in {width}x{last}x{first}"
            )


OUTPUT = _Output()
SHARE = _Share(0, 1)
SIZE = _Sizes("size", (1, 2, 3), "32x32x3")
NUMBERS = _Numbers()
IMAGE_SIZE = _ImageSize("size", (1, 2), "28 or 24x32")
BYTES = _Bytes()
DURATION = _Duration()


def _cpus() -> int:
    from cnncli.engine.threads import cpu_count

    return cpu_count()


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
force_option = click.option("-f", "--force", is_flag=True, help="Overwrite files that exist.")
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, metavar="N",
    help="Seed of all random numbers.",
)  # fmt: skip
optimizer_option = click.option(
    "--optimizer", type=Named(names.OPTIMIZERS), default="adamw", show_default=True,
    help="The optimizer, with settings where they are not the usual ones: 'adam(0.9, 0.98)'.",
)  # fmt: skip
threads_option = click.option(
    "-j", "--threads", type=click.IntRange(1, 1024), default=_cpus, metavar="N",
    help="Threads to use; results do not depend on it.  [default: the CPUs this process may use]",
)  # fmt: skip

conv_algo_option = click.option(
    "--conv-algo", type=click.Choice(["auto", "direct"]), default="auto", show_default=True,
    help="auto: use Winograd's algorithm for 3x3 convolutions where it is faster. Results differ "
    "by rounding alone.",
)  # fmt: skip
classes_option = click.option(
    "--classes", type=click.IntRange(1), metavar="N", help="What `classes` in ARCH stands for."
)
input_option = click.option(
    "--input", "input_shape", type=SIZE, metavar="HxWxC",
    help="Size of an image (32x32x3) or signal (8000x1).  [default: that of the preset or model]",
)  # fmt: skip
arch_argument = click.argument("arch", metavar="ARCH")
model_argument = click.argument("model", metavar="MODEL.npz")


tta_option = click.option(
    "--tta", is_flag=True,
    help="Average answers over copies: shifted by a pixel, and mirrored if the training did so.",
)  # fmt: skip


def _allow_memory(_: click.Context, __: click.Parameter, given: int | None) -> None:
    if given is not None:
        from cnncli.allowance import Allowance

        Allowance.bytes = given


def _make_memory_option(help: str) -> Callable[[Function], Function]:
    return click.option(
        "--max-memory", type=BYTES, metavar="SIZE", expose_value=False, callback=_allow_memory,
        help=help,
    )  # fmt: skip


max_memory_option = _make_memory_option(
    "The most memory to take for an image or signal, such as 4G.  "
    "[default: 512M to read it, 1G for a layer]"
)
training_memory_option = _make_memory_option(
    "The most memory that the training may take, such as 4G.  "
    "[default: what the machine and its limits leave]"
)


def batch_size_option(
    default: int | None, chosen: str | None = None
) -> Callable[[Function], Function]:
    """-b/--batch-size with this default; None where the command chooses, as `chosen` says."""
    return click.option(
        "-b", "--batch-size", type=click.IntRange(1, 65536), default=default, metavar="N",
        show_default=default is not None,
        help="Images per step." + (f"  [default: {chosen}]" if chosen else ""),
    )  # fmt: skip


def read_stdin() -> bytes:
    """Return all bytes of stdin; raise UsageError where it is closed."""
    if sys.stdin is None:
        raise UsageError("stdin is closed; give a file instead of '-'")
    return sys.stdin.buffer.read()


def read_arch(arch: str) -> tuple[str, Shape | None, int | None]:
    """Return the text of a preset name, a text, @FILE or @-, with a preset's input and classes.

    Raises UsageError for a file that cannot be read, ArchitectureError for an unknown name.
    """
    from pathlib import Path

    from cnncli.presets import lookup

    text = read_file_argument(arch)
    try:
        preset = lookup(text)
    except ArchitectureError as error:
        if Path(arch).is_file():
            raise UsageError(f"{arch}: is a file; write @{arch} for the network in it") from error
        raise
    return (preset.text, preset.input_shape, preset.classes) if preset else (text, None, None)


def read_file_argument(argument: str) -> str:
    """Return a text as it is, and for @FILE or @- what stands there; raise UsageError."""
    from cnncli.text import TextError, decode_text, read_text, unify_ends

    if not argument.startswith("@"):
        return argument
    path = argument[1:]
    try:
        text = decode_text(read_stdin()) if path == "-" else read_text(path)
    except TextError as error:
        raise UsageError(f"@{path}: {error}", path=path) from error
    except OSError as error:
        raise UsageError(f"@{path}: {str(error.strerror).lower()}", path=path) from error
    return unify_ends(text)


def resolve_arch(
    arch: str, *, classes: int | None = None, input_shape: Shape | None = None
) -> Graph:
    """Return the network that ARCH names, as `resolve_expression` does, on its input.

    Raises what that raises, and ArchitectureError where it does not fit.
    """
    from cnncli.graph import build_graph

    return build_graph(*resolve_expression(arch, classes=classes, input_shape=input_shape))


def resolve_expression(
    arch: str, *, classes: int | None = None, input_shape: Shape | None = None
) -> tuple[Expression, Shape]:
    """Return what ARCH describes: as for read_arch, or a trained model file (.npz).

    What is not given is the preset's, the model's, or what comments of the text tell. Raises what
    read_arch, parse and load_model raise, and UsageError where the input is not known.
    """
    from cnncli.notation import parse
    from cnncli.presets.comments import read_comments

    known_input: Shape | None
    known_classes: int | None
    if arch.endswith(".npz"):
        from cnncli.model_file import load_model

        model = load_model(arch)
        text, known_input, known_classes = model.arch, model.input_shape, len(model.classes)
        if classes not in (None, known_classes):
            raise UsageError(f"{arch}: has {known_classes} classes, --classes says {classes}")
    else:
        text, known_input, known_classes = read_arch(arch)
        if known_input is None:
            known_input, known_classes = read_comments(text)
    shape = input_shape or known_input
    if input_shape is not None:
        note_unusual_size(input_shape)
    if shape is None:
        raise UsageError("--input is missing: the size of one image, such as --input 32x32x3")
    return parse(text, classes or known_classes), shape
