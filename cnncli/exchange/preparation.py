"""The preprocessing of a network from elsewhere: by name, or from a file that describes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncli.data.images.preprocessing import MAX_BANDS, MAX_SIDE, Preprocessing
from cnncli.data.normalization import are_numbers, round_to_float32
from cnncli.data.preprocessing import read_preprocessing
from cnncli.errors import ModelFileError, UsageError, did_you_mean, setting
from cnncli.model_file import load_model
from cnncli.text import TextError, read_text

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.layers.base import Shape

# Of the levels from 0 to 1 of ImageNet's images, red, green and blue: what PyTorch's, timm's and
# most other networks are trained with (docs.pytorch.org/vision/stable/models.html). Images are
# resized to 256 pixels along their shorter side, and the middle 224x224 are taken.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SHARE = 0.875
NAMES = ("imagenet", "unit", "none")


def choose_preprocessing(
    name: str | None, shape: Shape, classes: int
) -> tuple[AnyPreprocessing, tuple[str, ...]]:
    """Return what is done to samples of a shape, and what there is to say of the choice.

    `name` is imagenet, unit (levels from 0 to 1), none (levels as they are), or a file: a model,
    or JSON with mean and std of levels from 0 to 1, as timm and Hugging Face write it. Without a
    name it is that of ImageNet for its 1000 classes, else unit. Raises UsageError.
    """
    notes: tuple[str, ...] = ()
    if name is None:
        name = "imagenet" if classes == 1000 and shape[2:] == (3,) else "unit"
        notes = (f"preprocessing: {name}; convert with {setting('preprocessing')} chooses another",)
    if name in NAMES or not Path(name).exists():
        return _make_named(name, shape), notes
    return _read_file(name, shape), notes


def _make_named(name: str, shape: Shape) -> AnyPreprocessing:
    if name not in NAMES:
        hint = did_you_mean(name, NAMES) or f"; it is {', '.join(NAMES)} or a file"
        raise UsageError(f"{setting('preprocessing')} {name}: no such file{hint}")
    if name == "imagenet":
        return _normalize_levels(shape, list(MEAN), list(DEVIATION), SHARE, name)
    if len(shape) == 2:
        from cnncli.data.signals.preprocessing import SignalPreprocessing

        ones, zeros = (1.0,) * shape[1], (0.0,) * shape[1]
        return SignalPreprocessing(*shape, rate=None, scale=ones, shift=zeros)
    plain = _make_plain(shape)
    scale = 1.0 if name == "none" else 1 / 255
    channels = plain.channels
    return replace(
        plain,
        normalization=name,
        scale=round_to_float32([scale] * channels),
        shift=(0.0,) * channels,
    )


def _make_plain(shape: Shape) -> Preprocessing:
    if len(shape) != 3 or max(shape[:2]) > MAX_SIDE or shape[2] > MAX_BANDS:
        size = "x".join(map(str, shape))
        raise UsageError(f"{setting('input')} {size}: is no size of an image, such as 224x224x3")
    return Preprocessing(*shape)


def _normalize_levels(
    shape: Shape, mean: Any, deviation: Any, share: float | None, where: str
) -> Preprocessing:
    """Return the preprocessing (levels / 255 - mean) / deviation of the middle of images."""
    plain = _make_plain(shape)
    for values in (mean, deviation):
        if not are_numbers(values, plain.channels):
            raise UsageError(
                f"{setting('preprocessing')} {where}: has no mean and deviation for "
                f"{plain.channels} channels; give one that has"
            )
    if not all(value > 0 for value in deviation):
        raise UsageError(f"{setting('preprocessing')} {where}: a deviation is not above 0")
    pairs = list(zip(mean, deviation, strict=True))
    return replace(
        plain,
        resize="crop",
        share=share,
        normalization="standard",
        scale=round_to_float32([1 / (255 * deviation) for _, deviation in pairs]),
        shift=round_to_float32([-mean / deviation for mean, deviation in pairs]),
    )


def _read_file(path: str, shape: Shape) -> AnyPreprocessing:
    """Return the preprocessing of a model file, or that which JSON describes."""
    if path.endswith(".npz"):
        preprocessing = read_preprocessing(load_model(path).preprocessing)
    else:
        described = _read_json(path)
        if not {"kind", "normalization"}.isdisjoint(described):
            try:
                preprocessing = read_preprocessing(described)
            except ModelFileError as error:
                raise UsageError(f"{path}: {error}", path=path) from error
        else:
            preprocessing = _read_mean_and_deviation(described, shape, path)
    if preprocessing.input_shape != shape:
        sizes = ("x".join(map(str, size)) for size in (preprocessing.input_shape, shape))
        given, needed = sizes
        raise UsageError(f"{path}: is for inputs of {given}, not {needed}; give {needed}")
    return preprocessing


def _read_json(path: str) -> dict[str, Any]:
    try:
        described = json.loads(read_text(path))
    except (OSError, TextError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{path}: is no JSON file that can be read ({error})", path=path
        ) from error
    if isinstance(described, dict):
        inner = described.get("pretrained_cfg", described.get("preprocessing", described))
        if isinstance(inner, dict):
            return inner
    raise UsageError(f"{path}: its JSON is no object; give one with mean and std", path=path)


def _read_mean_and_deviation(described: dict[str, Any], shape: Shape, path: str) -> Preprocessing:
    """Return what timm's config.json or Hugging Face's preprocessor_config.json describes."""
    mean, deviation = (
        described.get(name, described.get(f"image_{name}")) for name in ("mean", "std")
    )
    share = described.get("crop_pct")
    if share is not None and not (type(share) in (int, float) and 0 < share <= 1):
        raise UsageError(f"{path}: crop_pct is {str(share)[:60]}, not above 0 and up to 1")
    return _normalize_levels(shape, mean, deviation, None if share == 1 else share, path)
