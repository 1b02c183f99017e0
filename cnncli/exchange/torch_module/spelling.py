"""How a layer is spelled in Python: what a module keeps of it, and what `forward` computes.

Images are (N, C, H, W) there, signals (N, C, L), vectors (N, units), as PyTorch has them.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncli.exchange.placed_layer import PlacedLayer
from cnncli.layers.base import Axes, Shape
from cnncli.registry import Registry
from cnncli.value import Value


class Place(PlacedLayer):
    """A layer in its place, ready to be spelled."""

    name: str  # of the attribute that keeps its parameters
    output_shape: Shape

    @property
    def dimensions(self) -> str:
        """What PyTorch's names for images and signals end in: 2d or 1d."""
        return "2d" if len(self.shape) == 3 else "1d"

    def call(self, x: str | None = None) -> str:
        """Return the call of what the module keeps, on x."""
        return f"self.{self.name}({x or self.x})"


class Spelling(Value):
    """A layer in Python."""

    value: str  # an expression of the variables it reads
    module: str = ""  # what makes the attribute of its name; nothing where it keeps nothing


Speller = Callable[[Place], Spelling]

SPELLERS: Registry[Speller] = Registry("layer")


def spells(*kinds: str) -> Callable[[Speller], Speller]:
    """Register the function that spells layers of these kinds."""

    def register(speller: Speller) -> Speller:
        for kind in kinds:
            SPELLERS.add(kind, speller)
        return speller

    return register


def spell_axes(shape: Shape, axes: Axes) -> str:
    """Return figures of rows and columns as PyTorch takes them: of equal ones, a single one."""
    figures = axes if len(shape) == 3 else axes[1:]
    return str(figures[0]) if len(set(figures)) == 1 else str(tuple(figures))


def spell_pads(shape: Shape, before: Axes, after: Axes) -> str:
    """Return padding as F.pad takes it: left, right, top, bottom."""
    pairs = zip(reversed(before), reversed(after), strict=True)
    figures = [figure for pair in pairs for figure in pair]
    return str(tuple(figures if len(shape) == 3 else figures[:2]))
