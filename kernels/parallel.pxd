"""When a second thread pays, and how a flat array is cut into work items for threads.

Nothing here depends on the number of threads, so neither do results.
"""

cdef enum:
    BLOCK = 4096  # numbers per work item
    SMALL = 20000  # numbers below which a second thread costs more than it brings


cdef inline int team(Py_ssize_t size, int threads) noexcept nogil:
    """Return how many threads are to share work on `size` numbers."""
    return threads if size > SMALL else 1


cdef inline Py_ssize_t blocks_of(Py_ssize_t size) noexcept nogil:
    return (size + BLOCK - 1) // BLOCK


cdef inline Py_ssize_t block_size(Py_ssize_t i, Py_ssize_t size) noexcept nogil:
    """Return the numbers of block i: as many as in all others, but for the last."""
    return min(BLOCK, size - i * BLOCK)
