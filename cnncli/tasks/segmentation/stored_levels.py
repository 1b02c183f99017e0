"""Read the levels and the palette of masks from a model file, which may hold anything."""

from __future__ import annotations

from cnncli.errors import ModelFileError


def are_levels(value: object, count: int | None = None) -> bool:
    """Say whether a value is a list of levels of 8 bits, of so many, in ascending order."""
    return (
        isinstance(value, list)
        and (count is None or len(value) == count)
        and all(type(level) is int and 0 <= level < 256 for level in value)
        and value == sorted(set(value))
    )


def read_palette(value: object) -> bytes | None:
    """Return the bytes of a palette in hex, None for none; raise ModelFileError."""
    if value is None:
        return None
    try:
        palette = bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError:
        palette = b"?"
    if len(palette) % 3 or len(palette) > 768:
        raise ModelFileError("its manifest has a palette that is none")
    return palette
