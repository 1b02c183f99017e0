"""How an array of (rows, C) is cut for passes over it, whatever C is.

Rows of few channels are taken `fold` at a time, as one longer row, so that the loops over channels
fill the vectors; rows of many are cut into tiles. Nothing here depends on the number of threads.
"""

cdef enum:
    FOLDED = 256  # numbers that narrow rows are folded to
    TILE = 1344  # channels in one pass; arrays of so many are no multiple of a page apart
    DEPTH = 128  # rows in a block, whose sums are taken in float
    CHUNKS = 32  # parts of the batch with sums of their own
    PART = 32768  # numbers per work item of an elementwise pass

cdef struct Piece:
    Py_ssize_t row, rows, c, width


cdef inline Py_ssize_t fold_of(Py_ssize_t C) noexcept nogil:
    return FOLDED // C if C < FOLDED else 1


cdef inline Py_ssize_t tiles_of(Py_ssize_t C) noexcept nogil:
    return (C + TILE - 1) // TILE


cdef inline Py_ssize_t part_rows(Py_ssize_t C) noexcept nogil:
    return max(1, PART // (fold_of(C) * C)) * fold_of(C)


cdef inline Py_ssize_t parts_of(Py_ssize_t rows, Py_ssize_t C) noexcept nogil:
    return (rows + part_rows(C) - 1) // part_rows(C) * tiles_of(C)


cdef inline Piece piece(Py_ssize_t i, Py_ssize_t row, Py_ssize_t end, Py_ssize_t C) noexcept nogil:
    """Return tile i of the rows from `row` to `end`."""
    cdef Py_ssize_t c = i % tiles_of(C) * TILE
    return Piece(row, end - row, c, min(TILE, C - c))


cdef inline Piece part(Py_ssize_t i, Py_ssize_t rows, Py_ssize_t C) noexcept nogil:
    """Return work item i of an elementwise pass."""
    cdef Py_ssize_t row = i // tiles_of(C) * part_rows(C)
    return piece(i, row, min(rows, row + part_rows(C)), C)


cdef inline Piece chunk(Py_ssize_t i, Py_ssize_t rows, Py_ssize_t C) noexcept nogil:
    """Return work item i of a pass that sums up; the first chunks may be empty."""
    cdef Py_ssize_t number = i // tiles_of(C)
    return piece(i, number * rows // CHUNKS, (number + 1) * rows // CHUNKS, C)


cdef inline void repeat(
    Py_ssize_t fold, Py_ssize_t width, const float *values, float *lanes
) noexcept nogil:
    cdef Py_ssize_t i, c
    for i in range(fold):
        for c in range(width):
            lanes[i * width + c] = values[c]
