"""Graph and weights made ready to run: a plan of fused steps over one block of memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.engine.buffers import choose_batch as choose_batch
from cnncli.engine.buffers import count_memory_bytes as count_memory_bytes
from cnncli.engine.plan import Plan as Plan
from cnncli.engine.plan import Step as Step
from cnncli.engine.threads import cpu_count as cpu_count
from cnncli.engine.weights import METHODS as METHODS
from cnncli.engine.weights import Weights as Weights
from cnncli.kernels import elementwise

Array = NDArray[np.float32]


def softmax(logits: Array) -> Array:
    """Return probabilities (n, classes) of logits (n, classes)."""
    rows = np.ascontiguousarray(logits, np.float32).reshape(len(logits), -1)
    answer = np.empty_like(rows)
    elementwise.softmax_forward(*rows.shape, rows.reshape(-1), answer.reshape(-1), 1)
    return answer


def normalize(
    images: NDArray[np.uint8],
    indices: NDArray[np.int64],
    scale: Array,
    shift: Array,
    out: Array,
    threads: int = 1,
) -> None:
    """Gather images (M, H, W, C) into out (n, H, W, C): pixel*scale + shift per channel."""
    channels = images.shape[-1]
    pixels = images[0].size // channels
    flat: Any = images.reshape(-1)
    elementwise.normalize_images(
        len(indices), pixels, channels, indices, flat, scale, shift, out.reshape(-1), threads
    )
