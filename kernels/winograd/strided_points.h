/* The one-dimensional transforms of a filter of 3 with stride 2: of 2 outputs, from 5 pixels, and
   backward of 4 pixels, from 3 gradients.

   Taps 0 and 2 belong to even pixels, which is Winograd's F(2, 2) at the points 0, 1 and infinity,
   and tap 1 to odd ones, one product each (Huang et al., arXiv 2002.00552). So there are 5
   products where the definition has 6, and all coefficients are 1. Backward, filters are flipped,
   and the first of the 4 pixels is an odd one. */

/* Two of the 5 values of B^T d: pair 0 is of even pixels, pair 1 of both, pair 2 has one alone. */
TILE void OF(strided_image_at_pair)(const int pair, const OF(floats) d[5], OF(floats) v[2]) {
    if (pair == 0) {
        v[0] = d[0] - d[2];
        v[1] = d[2];
    } else if (pair == 1) {
        v[0] = d[4] - d[2];
        v[1] = d[1];
    } else {
        v[0] = v[1] = d[3];
    }
}

/* A^T m: 2 outputs from 5 products. */
TILE void OF(strided_outputs)(const OF(floats) m[5], OF(floats) y[2]) {
    y[0] = m[0] + m[1] + m[3];
    y[1] = m[2] + m[1] + m[4];
}

/* G g: the values of a filter of 3, of which the last is that of both odd pixels. */
TILE void OF(strided_filter_at_points)(const OF(floats) g[3], OF(floats) u[4]) {
    u[0] = g[0];
    u[1] = g[0] + g[2];
    u[2] = g[2];
    u[3] = g[1];
}

/* Two of the 5 values of 3 gradients, which lead back to 4 pixels. */
TILE void OF(backward_at_pair)(const int pair, const OF(floats) dy[3], OF(floats) v[2]) {
    if (pair == 0) {
        v[0] = dy[0] - dy[1];
        v[1] = dy[1];
    } else if (pair == 1) {
        v[0] = dy[2] - dy[1];
        v[1] = dy[0];
    } else {
        v[0] = v[1] = dy[1];
    }
}

/* 4 gradients of pixels from 5 products. */
TILE void OF(backward_outputs)(const OF(floats) m[5], OF(floats) dx[4]) {
    dx[0] = m[3];
    dx[1] = m[0] + m[1];
    dx[2] = m[4];
    dx[3] = m[2] + m[1];
}
