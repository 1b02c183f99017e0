"""What ARCH stands for: a preset, a text, @FILE, @- or a trained model; and the input with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cnncli.errors import ArchitectureError, UsageError
from cnncli.terminal import note

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.notation.expression import Expression

Shape = tuple[int, ...]


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
    """Return what ARCH describes: as for read_arch, or a trained network (.npz, or
    of another tool).

    What is not given is the preset's, the model's, or what comments of the text tell. Raises what
    read_arch, parse and read_network raise, and UsageError where the input is not known.
    """
    from cnncli.exchange import is_foreign, read_network
    from cnncli.exchange.given import Given
    from cnncli.notation import parse
    from cnncli.presets.comments import read_comments

    known_input: Shape | None
    known_classes: int | None
    if arch.endswith(".npz") or (is_foreign(arch) and not arch.startswith("@")):
        model = read_network(arch, Given()).model
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


def read_stdin() -> bytes:
    """Return all bytes of stdin; raise UsageError where it is closed."""
    if sys.stdin is None:
        raise UsageError("stdin is closed; give a file instead of '-'")
    return sys.stdin.buffer.read()
