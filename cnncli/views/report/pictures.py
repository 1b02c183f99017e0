"""Samples, maps and drawings as the pictures of a report."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnncli.errors import DataError, UsageError
from cnncli.inspection import find_method
from cnncli.inspection.base import AttributionFindings, Subject
from cnncli.render.colors import Numbers, Pixels, make_heat_scale, show_bands
from cnncli.render.drawing import Drawing, paint
from cnncli.render.overlay import lay_over
from cnncli.render.png import encode_png
from cnncli.render.report import Picture
from cnncli.render.waveform import draw_waveform
from cnncli.trained.model import Trained
from cnncli.trained.sample import Sample

METHOD = "gradcam"  # by which maps over samples are made
STRIP = 24  # height of the map of a signal, in pixels
LARGEST = 224  # side of a sample's picture in pixels


def picture_sample(sample: Sample) -> Picture:
    """Return a sample: an image as the network gets it, a signal as its waveform."""
    return make_picture(show_sample(sample), "a sample")


def picture_drawing(drawing: Drawing, words: str) -> Picture:
    """Return a sheet or a chart."""
    image = paint(drawing)
    return Picture(encode_png(image), image.width, image.height, words)


def picture_map(trained: Trained, sample: Sample, output: str | None) -> Picture | None:
    """Return what speaks for an output, None: the predicted one, over a sample.

    None where a network has no maps to tell by.
    """
    subject = Subject(sample, output=output)
    try:
        findings = find_method(METHOD).find(trained, subject)
    except (DataError, UsageError):
        return None
    assert isinstance(findings, AttributionFindings)
    map_ = findings.values[0]
    scale = make_heat_scale(map_)
    words = f"where the image speaks for {findings.labels[0]}"
    if sample.values.ndim == 3:
        return make_picture(lay_over(sample.values, map_, scale), words)
    waveform = show_sample(sample)
    places = np.arange(waveform.shape[1]) * map_.shape[1] // waveform.shape[1]
    strip = np.repeat(scale.paint(map_[:, places]), STRIP, axis=0)
    return make_picture(np.concatenate([waveform, strip]), words)


def show_sample(sample: Sample) -> Pixels:
    """Return a sample as red, green and blue (H, W, 3)."""
    values = sample.values
    return show_bands(draw_waveform(values) if values.ndim == 2 else values)


def make_picture(pixels: Pixels, words: str) -> Picture:
    """Return pixels (H, W, 3), made smaller where they are large."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((LARGEST, LARGEST))
    return Picture(encode_png(image), image.width, image.height, words)


def locate(values: Numbers) -> tuple[int, int, int]:
    """Return where the largest of maps (n, H, W) is: its map, row and column."""
    place = np.unravel_index(int(np.nanargmax(values)), values.shape)
    return int(place[0]), int(place[1]), int(place[2])
