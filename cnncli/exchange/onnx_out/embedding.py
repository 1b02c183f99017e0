"""What is done before and behind a network, as nodes of the graph.

Legend: N samples, H W C of an image, L C of a signal, K outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncli.data.images.preprocessing import DEVIATION, MEAN, Preprocessing
from cnncli.exchange.onnx_library import onnx
from cnncli.exchange.onnx_out.graph import OnnxGraph
from cnncli.tasks import MultiLabel, Regression, Segmentation

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.tasks import Task


def add_preprocessing(graph: OnnxGraph, samples: str, preprocessing: AnyPreprocessing) -> str:
    """Add what makes the network's input (N, C, H, W) of pixels (N, H, W, C); return its name.

    Pixels are uint8, at the size of the input; the values of signals are float32 (N, L, C).
    """
    graph.scope = "preprocessing"
    float32, values = onnx.TensorProto.FLOAT, samples
    if isinstance(preprocessing, Preprocessing):
        if preprocessing.normalization == "image":
            values = _add_levels(graph, values)
        values = graph.add("Cast", values, to=float32)
    scale, shift = (np.array(row, np.float32) for row in (preprocessing.scale, preprocessing.shift))
    scaled = graph.add("Mul", values, graph.add_constant("scale", scale))
    shifted = graph.add("Add", scaled, graph.add_constant("shift", shift))
    axes = len(preprocessing.input_shape)
    return graph.add("Transpose", shifted, perm=[0, axes, *range(1, axes)])


def add_answer(graph: OnnxGraph, logits: str, task: Task) -> tuple[str, str]:
    """Add what makes an answer of logits; return the name of the value, and what to call it.

    Probabilities are (N, K), or (N, H, W, K) where every pixel has a class.
    """
    graph.scope = "answer"
    if isinstance(task, Regression):
        deviation, mean = (np.array(row, np.float32) for row in (task.deviation, task.mean))
        scaled = graph.add("Mul", logits, graph.add_constant("deviation", deviation))
        return graph.add("Add", scaled, graph.add_constant("mean", mean)), "numbers"
    if isinstance(task, MultiLabel):
        return graph.add("Sigmoid", logits), "probabilities"
    if isinstance(task, Segmentation):
        logits = graph.add("Transpose", logits, perm=[0, 2, 3, 1])
    return graph.add("Softmax", logits, axis=-1), "probabilities"


def _add_levels(graph: OnnxGraph, pixels: str) -> str:
    """Add what brings each image to the same mean and deviation, as `normalize_levels` does."""
    wide = graph.add("Cast", pixels, to=onnx.TensorProto.DOUBLE)
    distance = graph.add("Sub", wide, graph.add_mean(wide, [1, 2]))
    deviation = graph.add("Sqrt", graph.add_mean(graph.add("Mul", distance, distance), [1, 2]))
    zero, nothing, one, mean, wanted, most = (
        graph.add_constant(name, np.array(value, np.float64))
        for name, value in {
            "zero": 0, "flat": 0, "one": 1, "mean": MEAN, "deviation": DEVIATION, "most": 255,
        }.items()
    )  # fmt: skip
    is_flat = graph.add("Equal", deviation, zero)
    divisor = graph.add("Where", is_flat, one, deviation)
    gain = graph.add("Where", is_flat, nothing, graph.add("Div", wanted, divisor))
    levels = graph.add("Add", graph.add("Mul", distance, gain), mean)
    return graph.add("Clip", graph.add("Round", levels), zero, most)
