"""The levels and the palette of masks as a model file holds them, which are not believed unseen."""

from __future__ import annotations

from cnncli.errors import ModelFileError


def are_levels(value: object, count: int) -> bool:
    """Say whether a value is a list of so many levels of 8 bits, in ascending order."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(one) is int and 0 <= one < 256 for one in value)
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
