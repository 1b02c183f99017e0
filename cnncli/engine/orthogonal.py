"""The orthogonal matrix nearest to a matrix, by products alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnncli.kernels import conv as kernels
from cnncli.kernels import elementwise
from cnncli.layers.arrays import NOTHING, Array
from cnncli.layers.base import Setup
from cnncli.layers.conv import describe
from cnncli.layers.dense import ONE_PIXEL
from cnncli.layers.panels import declare_conv_weight

# Of the polynomial a x + b x^3 + c x^5 that takes singular values near 1 in few iterations, and how
# many: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
A, B, C = 3.4445, -4.7750, 2.0315
ITERATIONS = 3
PARTIALS = 64  # sums that the kernel of `measure_length` needs room for


def orthogonalize(matrix: Array, threads: int) -> Array:
    """Return U V^T of a matrix U S V^T (rows, columns), nearly: its singular values near 1.

    It is a Newton-Schulz iteration. Small singular values, below about a hundredth of the length of
    them all, stay below 0.5. The bits do not depend on the number of threads.
    """
    if len(matrix) < matrix.shape[1]:
        return orthogonalize(matrix.T, threads).T
    x = np.ascontiguousarray(matrix)
    x = x / np.float32(measure_length(x, threads) or 1.0)
    identity = np.eye(x.shape[1], dtype=np.float32)
    for _ in range(ITERATIONS):
        gram = _multiply_by_itself(x, threads)
        x = _multiply(x, A * identity + B * gram + C * _multiply(gram, gram, threads), threads)
    return x


def measure_length(array: Array, threads: int) -> float:
    """Return the root of the sum of squares; not finite where any number of the array is not."""
    partials = np.zeros(PARTIALS)
    return math.sqrt(elementwise.sum_of_squares(array.size, array.reshape(-1), partials, threads))


def _multiply_by_itself(x: Array, threads: int) -> Array:
    """Return x^T x (columns, columns): the gradient of the weights of a dense layer."""
    rows, columns = x.shape
    operator = _describe(rows, columns, threads)
    parameter = declare_conv_weight((columns, columns, 1, 1), 1, 1, 1)
    product, flat = np.empty(parameter.size, np.float32), x.reshape(-1)
    scratch = np.empty(operator.scratch_size, np.float32)
    kernels.conv_backward_weights(operator, rows, flat, flat, product, scratch)
    return parameter.unpack(product, parameter.shape).reshape(columns, columns)


def _multiply(x: Array, symmetric: Array, threads: int) -> Array:
    """Return x times a symmetric matrix (columns, columns): a dense layer without a bias."""
    rows, columns = x.shape
    operator = _describe(rows, columns, threads)
    parameter = declare_conv_weight((columns, columns, 1, 1), 1, 1, 1)
    weight, y = parameter.pack(symmetric.astype(np.float32)), np.empty(x.size, np.float32)
    scratch = np.empty(operator.forward_scratch, np.float32)
    forward = kernels.Forward(
        operator, x.reshape(-1), weight, NOTHING, NOTHING, y, scratch, False, target_step=columns
    )
    forward(rows)
    return y.reshape(x.shape)


def _describe(rows: int, columns: int, threads: int) -> Any:
    """Return the kernels' description of a dense layer with as many units as inputs."""
    return describe(Setup(rows, threads, "train"), ONE_PIXEL, columns, columns, 1, "zero")
