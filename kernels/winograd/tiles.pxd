"""Where a Winograd convolution reads and writes: tiles of outputs over windows of pixels.

The tiles of all images are numbered one after the other, row by row. Transformed tiles lie in
planes of [C/16][tiles][16], transformed weights in panels of [K/16][planes][C][16]; transforms.h
lists how many planes the forms have.
"""

from kernels.geometry cimport PANEL, ceil_div


cdef extern from "winograd/transforms.h" nogil:
    enum:
        F4X4_3X3
        F4X4_5X5
        STRIDED_2X2
        STRIDED_4X4
        BACKWARD_4X4
        BACKWARD_8X8
        MOST_FILTER
    ctypedef struct Window:
        const float **rows
        Py_ssize_t step
        int first
        int last
        int channels
    ctypedef struct Target:
        float *y
        const float *residual
        Py_ssize_t row_stride
        Py_ssize_t step
        int form
        int first_row
        int first_column
        int rows
        int columns
        int filters
        const float *bias
        int activation
        bint pools
    int form_points(int form)
    int form_weights(int form)
    int form_outputs(int form)
    int form_filter(int form)
    int form_pixels(int form)
    int form_step(int form)
    void transform_image(
        int form, const Window *window, float *to, Py_ssize_t plane, Py_ssize_t block_stride)
    void transform_gradient(
        int form, const Window *window, float *to, Py_ssize_t plane, Py_ssize_t block_stride)
    void transform_filters(
        int form, const float *g, Py_ssize_t tap, Py_ssize_t channels, float *to,
        Py_ssize_t plane)
    void transform_sums(
        int form, const float *m, Py_ssize_t plane, Py_ssize_t channels, float *dg,
        Py_ssize_t tap, bint adds)
    void transform_outputs(const float *m, Py_ssize_t plane, const Target *target)

cdef extern from "winograd/product_tile.h" nogil:
    ctypedef struct Product:
        const float *a
        Py_ssize_t a_block
        const float *b
        Py_ssize_t b_panel
        Py_ssize_t terms
        float *sums
        Py_ssize_t sums_row
        Py_ssize_t sums_panel
        bint adds
    enum:
        PAIR_FILTERS
    void split_tiles(Product *product, int tiles, int filters)
    void split_channels(Product *product, int channels, int filters)
    void multiply(Product product)

cdef struct Tiling:            # of a correlation
    int form                   # see transforms.h
    int points                 # along an axis
    int outputs                # of a tile along an axis
    Py_ssize_t H               # of the source
    Py_ssize_t W
    Py_ssize_t C
    Py_ssize_t P               # of the target
    Py_ssize_t Q
    Py_ssize_t K
    Py_ssize_t top             # padding
    Py_ssize_t left
    Py_ssize_t above           # rows of the first tiles that lie above the target
    Py_ssize_t before          # and columns before it
    Py_ssize_t rows            # tiles of an image
    Py_ssize_t cols
    bint late                  # weights are transformed only where they are used
    Py_ssize_t target_step     # floats from one pixel to the next

cdef struct Planes:
    float *data
    Py_ssize_t block_stride    # floats from 16 channels to the next
    Py_ssize_t stride          # floats from one plane to the next
    Py_ssize_t floats

cdef struct Place:             # of a tile
    Py_ssize_t image
    Py_ssize_t row             # among the tiles of the image
    Py_ssize_t col


cdef inline Tiling describe_tiling(
    int form, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t P, Py_ssize_t Q, Py_ssize_t K,
    Py_ssize_t top, Py_ssize_t left, Py_ssize_t above, Py_ssize_t before, bint late,
) noexcept nogil:
    cdef int outputs = form_outputs(form)
    return Tiling(
        form, form_points(form), outputs, H, W, C, P, Q, K, top, left, above, before,
        ceil_div(P + above, outputs), ceil_div(Q + before, outputs), late, K,
    )


cdef inline Py_ssize_t count_planes(const Tiling *t) noexcept nogil:
    return t.points * t.points


cdef inline Py_ssize_t count_weight_planes(const Tiling *t) noexcept nogil:
    return form_weights(t.form) * form_weights(t.form)


cdef inline Py_ssize_t count_taps(const Tiling *t) noexcept nogil:
    return form_filter(t.form) * form_filter(t.form)


cdef inline Py_ssize_t panels(Py_ssize_t channels) noexcept nogil:
    return ceil_div(channels, PANEL)


cdef inline Py_ssize_t plane_stride(Py_ssize_t floats) noexcept nogil:
    """Return the stride of planes of so many floats: an odd number of cache lines."""
    return (floats // PANEL | 1) * PANEL


cdef inline Planes lay_planes(
    const Tiling *t, Py_ssize_t channels, Py_ssize_t tiles, float *data,
) noexcept nogil:
    """Lay out transformed tiles."""
    cdef Planes v
    v.data = data
    v.block_stride = tiles * PANEL
    v.stride = plane_stride(panels(channels) * v.block_stride)
    v.floats = count_planes(t) * v.stride
    return v


cdef inline Py_ssize_t filter_plane(Py_ssize_t channels) noexcept nogil:
    """Return the floats from one plane of a panel of transformed weights to the next."""
    return plane_stride(channels * PANEL)


cdef inline Py_ssize_t zero_floats(const Tiling *t, Py_ssize_t channels) noexcept nogil:
    """Return the floats of a row of zeros that stands for rows outside an image."""
    return t.points * panels(channels) * PANEL


cdef inline void multiply_planes(
    const Tiling *t, Product product, Py_ssize_t source, Py_ssize_t weight, Py_ssize_t sums,
) noexcept nogil:
    """Multiply plane by plane; planes are so many floats apart."""
    cdef Py_ssize_t _plane
    for _plane in range(count_planes(t)):
        multiply(product)
        product.a += source
        product.b += weight
        product.sums += sums


cdef inline Place place_of(const Tiling *t, Py_ssize_t tile) noexcept nogil:
    """Return where a tile lies."""
    cdef Py_ssize_t row = tile // t.cols
    return Place(row // t.rows, row % t.rows, tile % t.cols)


cdef inline void move_on(const Tiling *t, Place *at) noexcept nogil:
    """Go to the next tile, without the divisions that place_of takes."""
    at.col += 1
    if at.col == t.cols:
        at.col = 0
        at.row += 1
        if at.row == t.rows:
            at.row = 0
            at.image += 1


cdef inline Window pixels_of(
    const float *image, Py_ssize_t H, Py_ssize_t W, Py_ssize_t C, Py_ssize_t row, Py_ssize_t col,
    int size, const float *zeros,
) noexcept nogil:
    """Return the window of size x size pixels of an image, with zeros around it."""
    cdef Window window
    cdef int i
    for i in range(size):
        window.rows[i] = zeros
        if 0 <= row + i < H:
            window.rows[i] = image + ((row + i) * W + col) * C
    window.step = C
    window.first = <int> max(0, -col)
    window.last = <int> max(0, min(<Py_ssize_t> size, W - col))
    window.channels = <int> C
    return window


cdef inline Window image_window(
    const Tiling *t, const float *x, const Place *at, const float *zeros,
) noexcept nogil:
    """Return the source pixels of a tile."""
    cdef int step = form_step(t.form)
    return pixels_of(
        x + at.image * t.H * t.W * t.C, t.H, t.W, t.C, at.row * step - t.top,
        at.col * step - t.left, form_pixels(t.form), zeros,
    )


cdef inline Window gradient_window(
    const Tiling *t, const float *dy, const Place *at, const float *zeros,
) noexcept nogil:
    """Return the target pixels of a tile."""
    return pixels_of(
        dy + at.image * t.P * t.Q * t.K, t.P, t.Q, t.K, at.row * t.outputs,
        at.col * t.outputs, t.outputs, zeros,
    )
