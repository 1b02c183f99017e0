"""What a user asks of the data of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing

LARGE = 128  # pixels along a side of the images that a preset is made for


class DataSettings(Value):
    """How samples are brought to a network; None and "auto" leave it to the data, or to `like`.

    `like` is what was done to the samples of a trained network that a training begins from.

    `preset` is the input (H, W, C) or (L, C) of a named network, of which the size or length is
    taken where none is given; but images of at most half the size of a large one stay small.
    """

    size: tuple[int, int] | None = None  # height and width of images, or of tiles cut from them
    color: str = "auto"  # gray, rgb
    resize: str | None = None  # how images get their size: stretch, crop, pad
    length: int | None = None  # of signals
    normalization: str | None = None  # unit, standard, minmax, image, none
    weighted: bool = False  # whether rare classes or labels count more
    ignored: tuple[str, ...] = ()  # levels or colors of masks that take part in nothing
    preset: tuple[int, ...] = ()
    like: AnyPreprocessing | None = None

    @property
    def resize_mode(self) -> str:
        """How images get their size where nothing is inherited."""
        return self.resize or "stretch"

    @property
    def image_size(self) -> tuple[int, int] | None:
        """The height and width that are asked for, of images."""
        if self.size is None and len(self.preset) == 3:
            return self.preset[0], self.preset[1]
        return self.size

    def stays_small(self, height: int, width: int) -> bool:
        """Say whether images of this size are not to be enlarged to what a preset is made for."""
        sides = self.preset[:2]
        large = self.size is None and len(self.preset) == 3 and min(sides) >= LARGE
        return large and 2 * height <= sides[0] and 2 * width <= sides[1]

    @property
    def signal_length(self) -> int | None:
        """The length that is asked for, of signals."""
        if self.length is None and len(self.preset) == 2:
            return self.preset[0]
        return self.length


AS_THE_DATA_ARE = DataSettings()
