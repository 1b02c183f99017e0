"""What every method of looking into a network is, and what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cnncli.inspection.figures import Array, Figures
from cnncli.layers.base import Shape
from cnncli.registry import Named, Registry
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained
    from cnncli.trained.sample import Sample

METHODS: Registry[type[Method]] = Registry("method")


class Findings(Value):
    """What a method found in a layer; its kind decides how it is shown (views/sheet.py)."""

    layer: str
    values: Array  # (n, ...)
    figures: Figures

    @property
    def stored(self) -> Array:
        """The values as files hold them."""
        return self.values


class FilterFindings(Findings):
    """Filters (n, channels, rows, columns), shown around zero."""

    color: bool = False  # whether their channels are red, green and blue


class MapFindings(Findings):
    """Maps (n, height, width) of a sample, shown beside it."""

    output_shape: Shape  # of the layer

    @property
    def stored(self) -> Array:
        """The maps in the shape of the layer's output, channels last, as `predict` gives them."""
        return self.values.transpose(1, 2, 0).reshape(self.output_shape)


class Method(Named):
    """A way of looking into a trained network; the fields of a subclass are its settings.

    >>> class GradCam(Method, name="gradcam"): ...
    """

    registry: ClassVar[Registry[Any]] = METHODS
    needs_image: ClassVar[bool] = False  # whether there is nothing to be found without a sample

    def find(self, trained: Trained, layer: str | None, sample: Sample | None) -> Findings:
        """Return what there is in a layer; the method chooses it where none is named.

        Raises UsageError for a layer that there is not, or that the method has no use for.
        """
        raise NotImplementedError
