"""Pooling as the pool kernels do it, for what is fused to answer the same bits."""

import numpy as np

from cnncli.kernels import pool


def maxpool(y):
    """Return the largest of every 2 x 2 pixels of y (N, P, Q, K)."""
    N, P, Q, K = y.shape
    found = np.empty((N, P // 2, Q // 2, K), np.float32)
    sizes = (P, Q, K, P // 2, Q // 2, 2, 2, 2, 2, 0, 0, 0, 0)
    pool.MaxPooling(*sizes, 1).forward(N, y.reshape(-1), found.reshape(-1))
    return found
