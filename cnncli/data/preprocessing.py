"""What is done to every sample before a network sees it, an image or a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from cnncli.data.images.preprocessing import Preprocessing

if TYPE_CHECKING:
    from cnncli.data.signals.preprocessing import SignalPreprocessing

AnyPreprocessing = Union[Preprocessing, "SignalPreprocessing"]


def read_preprocessing(manifest: dict[str, Any]) -> AnyPreprocessing:
    """Return the preprocessing a model file describes; raise ModelFileError for anything else."""
    if manifest.get("kind") == "signal":
        from cnncli.data.signals.preprocessing import SignalPreprocessing

        return SignalPreprocessing.from_manifest(manifest)
    return Preprocessing.from_manifest(manifest)
