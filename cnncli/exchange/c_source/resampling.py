"""Images in another size: what repeats pixels, and what takes some of them or interpolates."""

from __future__ import annotations

from cnncli.exchange.c_source.source import CSource, Place, writes
from cnncli.layers.base import image_shape
from cnncli.layers.resampling import Resampling
from cnncli.layers.upsample import Upsample


@writes("upsample", "resize")
def write_resampling(source: CSource, place: Place) -> None:
    """Add a repetition of pixels, or weighted sums of them with the tables of rows and columns."""
    layer = place.layer
    assert isinstance(layer, Resampling)
    if isinstance(layer, Upsample) and layer.repeats:
        factors = layer.factors(place.shape)
        source.call("upsample", *image_shape(place.shape), *factors, place.x, place.y)
        return
    arrays = []
    for axis, name in zip(layer.interpolate(place.shape), ("row", "column"), strict=True):
        sources, weights = axis.tabulate()
        arrays.append(source.add_array(f"{place.name}_{name}s", sources.astype("i4")))
        arrays.append(source.add_array(f"{place.name}_{name}_weights", weights.astype("f4")))
    _, width, channels = image_shape(place.shape)
    height_and_width = image_shape(place.output_shape)[:2]
    source.call(
        "resize", width, channels, *height_and_width, weights.shape[1], *arrays, place.x, place.y
    )
