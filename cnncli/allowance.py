"""How much memory a single image, sound or layer may take: refused above a bound users can raise.

A small file can ask for a great deal of memory: an image by its size, a model by that of its input.
What it will need is known before any is taken.
"""

from __future__ import annotations

from cnncli.errors import setting


class Allowance:
    """What users allow, a process has one such bound."""

    bytes: int | None = None


def find_excess(needed: int, usual: int) -> tuple[str, str] | None:
    """Return in words what is wrong and what to do where `needed` bytes are more than allowed.

    That is `usual` where users do not say otherwise. None where it is enough.
    """
    allowed = usual if Allowance.bytes is None else Allowance.bytes
    if needed <= allowed:
        return None
    option = setting("max_memory")
    return (
        f"takes {word_bytes(needed)} of memory, and {option} is {word_bytes(allowed)}",
        f"{option} {-(-needed >> 20)}M allows it",
    )


def word_bytes(count: int) -> str:
    """Return a number of bytes for people, in the units that options are given in."""
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"
