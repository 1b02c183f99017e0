"""The preprocessing of a trained network, taken over for other samples."""

from __future__ import annotations

from dataclasses import replace

from cnncli.data.images.preprocessing import COLORS, Preprocessing
from cnncli.data.preprocessing import AnyPreprocessing
from cnncli.data.settings import DataSettings
from cnncli.errors import UsageError, setting
from cnncli.samples import Samples


def inherit_preprocessing(
    like: AnyPreprocessing, samples: Samples, settings: DataSettings
) -> AnyPreprocessing:
    """Return a preprocessing with what the settings ask for, the rest as it was.

    It has no scale and shift where these have to be found anew: for another color or another
    normalization. Raises UsageError where it is for signals and the samples are images, or the
    other way around.
    """
    if like.noun != samples.noun:
        raise UsageError(
            f"{setting('init_from')}: its network takes {like.noun}s, and {samples.where} holds "
            f"{samples.noun}s; give a network for {samples.noun}s"
        )
    inherited: AnyPreprocessing
    if isinstance(like, Preprocessing):
        height, width = settings.size or (like.height, like.width)
        resize = settings.resize or ("stretch" if like.resize == "none" else like.resize)
        inherited = replace(
            like,
            height=height,
            width=width,
            channels=_choose_channels(settings.color) or like.channels,
            resize=resize,
            share=like.share if resize == "crop" else None,
        )
    else:
        inherited = replace(like, length=settings.length or like.length)
    normalization = settings.normalization or like.normalization
    if (inherited.channels, normalization) == (like.channels, like.normalization):
        return inherited
    return replace(inherited, normalization=normalization, scale=(), shift=())


def _choose_channels(color: str) -> int | None:
    """Return the channels of a color; None where it is left open."""
    return {name: channels for channels, name in COLORS.items()}.get(color)
