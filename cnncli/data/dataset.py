"""What sets of images, of signals and of images with masks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from cnncli.augment import NONE, Augmentation

if TYPE_CHECKING:
    from cnncli.data.batches.batch import Batches
    from cnncli.data.checksums import Checksums
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.samples import Samples

MEMORY_SHARE = 0.5  # of the available memory, which a set may take


class DataSet(Protocol):
    """Labeled samples with their preprocessing, to train or to be judged on."""

    memory_bytes: int  # that are kept
    checksums: Checksums  # of the samples as they are kept, in their order

    @property
    def samples(self) -> Samples:
        """What was read: where it lies, what it is called."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the samples are called where people read of them."""

    @property
    def noun(self) -> str:
        """What a sample is called: image or signal."""

    @property
    def unit(self) -> str:
        """What a batch to train on has several of: image, signal or tile."""

    @property
    def targets(self) -> Any:
        """What the loss compares answers with: a row, or a map (H, W), per sample."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the network's input: (H, W, C), or (L, C) of signals."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What there is to say about the samples."""

    @property
    def preprocessing(self) -> AnyPreprocessing:
        """What was done to the samples, and how they are normalized."""

    @property
    def statistics(self) -> Any:
        """What a normalization can be chosen by."""

    def __len__(self) -> int: ...

    def choose_normalization(self, normalization: str, statistics: Any) -> None:
        """Normalize from now on by the scale and shift that these statistics ask for."""

    def batches(self, size: int, *, seed: int = 0, augmentation: Augmentation = NONE) -> Batches:
        """Return batches to train on, of so many samples or tiles."""

    def in_order(self, size: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Yield the samples as they are kept, not normalized, with their targets; raise DataError.

        They come in order, at most `size` at a time: uint8 (n, H, W, C) or float32 (n, L, C). Where
        images have sizes of their own, each comes alone: (1, h, w, C).
        """
