"""Images or signals: the places where a set, a stream or a model has to know which of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from cnncli.data.preprocessing import Preprocessing
from cnncli.errors import UsageError

if TYPE_CHECKING:
    from cnncli.data.fitting import Statistics
    from cnncli.data.samples import Samples
    from cnncli.data.signals.fitting import SignalStatistics
    from cnncli.data.signals.preprocessing import SignalPreprocessing

AnyPreprocessing = Union[Preprocessing, "SignalPreprocessing"]
AnyStatistics = Union["Statistics", "SignalStatistics"]


def preprocessing_from(manifest: dict[str, Any]) -> AnyPreprocessing:
    """Return the preprocessing a model file describes; raise ModelFileError for anything else."""
    if manifest.get("kind") == "signal":
        from cnncli.data.signals.preprocessing import SignalPreprocessing

        return SignalPreprocessing.from_manifest(manifest)
    return Preprocessing.from_manifest(manifest)


def choose_preprocessing(
    samples: Samples,
    *,
    size: tuple[int, int] | None,
    color: str,
    resize: str,
    length: int | None,
    normalization: str,
    threads: int,
) -> tuple[AnyPreprocessing, tuple[str, ...]]:
    """Return a preprocessing without normalization, and what there is to say about the choice."""
    if samples.what == "signal":
        from cnncli.data.signals.fitting import choose_signal_shape

        if normalization == "image":
            raise UsageError("--normalize image is not for signals; give standard")
        return choose_signal_shape(samples, length=length, threads=threads)
    from cnncli.data.fitting import choose_shape

    return choose_shape(
        samples, size=size, color=color, resize=resize, normalization=normalization, threads=threads
    )


def empty_statistics(preprocessing: AnyPreprocessing) -> AnyStatistics:
    """Return what the normalization is chosen by, of nothing yet."""
    if preprocessing.what == "signal":
        from cnncli.data.signals.fitting import SignalStatistics

        return SignalStatistics.empty(preprocessing.channels)
    from cnncli.data.fitting import Statistics

    return Statistics.empty(preprocessing.channels)
