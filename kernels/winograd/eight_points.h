/* The one-dimensional transforms of Winograd's F(4, 5), for vectors of WIDTH floats: 4 outputs of a
   filter of 5 from 8 pixels.

   The points are 0, +-1, +-2, +-1/2 and infinity, whose powers are exact. Others whose errors might
   be smaller (compare Barabasz et al., arXiv 1803.10986) had larger ones: 0, +-1, +-3/2, +-1/2 by a
   half, 0, +-1, +-0.6, +-5/3 by a third. */

/* Two of the 8 values of B^T d, of 8 pixels: pair 0 is at 0 and infinity, the others at +-p. */
TILE void OF(image_at_eight)(const int pair, const OF(floats) d[8], OF(floats) v[2]) {
    OF(floats) even, odd;
    if (pair == 0) {
        v[0] = (d[0] - d[6]) + 5.25f * (d[4] - d[2]);
        v[1] = (d[7] - d[1]) + 5.25f * (d[3] - d[5]);
        return;
    }
    if (pair == 1) {
        even = (d[2] + d[6]) - 4.25f * d[4];
        odd = (d[1] + d[5]) - 4.25f * d[3];
    } else if (pair == 2) {
        even = (d[6] + 0.25f * d[2]) - 1.25f * d[4];
        odd = (0.5f * d[1] + 2.0f * d[5]) - 2.5f * d[3];
    } else {
        even = (d[6] + 4.0f * d[2]) - 5.0f * d[4];
        odd = (2.0f * d[1] + 0.5f * d[5]) - 2.5f * d[3];
    }
    v[0] = even + odd;
    v[1] = even - odd;
}

/* Two of the 8 values of A dy, of 4 gradients. */
TILE void OF(gradient_at_eight)(const int pair, const OF(floats) dy[4], OF(floats) v[2]) {
    if (pair == 0) {
        v[0] = dy[0];
        v[1] = dy[3];
    } else {
        const float point = pair == 1 ? 1.0f : pair == 2 ? 2.0f : 0.5f, square = point * point;
        OF(floats) even = dy[0] + square * dy[2], odd = point * (dy[1] + square * dy[3]);
        v[0] = even + odd;
        v[1] = even - odd;
    }
}

/* A^T m: 4 outputs from products at the points. */
TILE void OF(outputs_of_eight)(const OF(floats) m[8], OF(floats) y[4]) {
    OF(floats) even = m[1] + m[2], even_2 = m[3] + m[4], even_half = m[5] + m[6];
    OF(floats) odd = m[1] - m[2], odd_2 = m[3] - m[4], odd_half = m[5] - m[6];
    y[0] = (m[0] + even) + (even_2 + even_half);
    y[1] = odd + (2.0f * odd_2 + 0.5f * odd_half);
    y[2] = even + (4.0f * even_2 + 0.25f * even_half);
    y[3] = (m[7] + odd) + (8.0f * odd_2 + 0.125f * odd_half);
}

/* G g: the values of a filter of 5 at the points. */
TILE void OF(filter_at_eight)(const OF(floats) g[5], OF(floats) u[8]) {
    OF(floats) even = (-2 / 9.0f) * (g[0] + g[2] + g[4]), odd = (-2 / 9.0f) * (g[1] + g[3]);
    OF(floats) even_2 = (1 / 90.0f) * (g[0] + 4.0f * g[2] + 16.0f * g[4]);
    OF(floats) odd_2 = (1 / 45.0f) * (g[1] + 4.0f * g[3]);
    OF(floats) even_half = (2 / 45.0f) * (16.0f * g[0] + 4.0f * g[2] + g[4]);
    OF(floats) odd_half = (4 / 45.0f) * (4.0f * g[1] + g[3]);
    u[0] = g[0];
    u[1] = even + odd;
    u[2] = even - odd;
    u[3] = even_2 + odd_2;
    u[4] = even_2 - odd_2;
    u[5] = even_half + odd_half;
    u[6] = even_half - odd_half;
    u[7] = g[4];
}

/* G^T m: the gradient of a filter of 5 from products at the points. */
TILE void OF(filter_of_eight)(const OF(floats) m[8], OF(floats) dg[5]) {
    OF(floats) even = (2 / 9.0f) * (m[1] + m[2]), odd = (2 / 9.0f) * (m[1] - m[2]);
    OF(floats) even_2 = (1 / 90.0f) * (m[3] + m[4]), odd_2 = (1 / 45.0f) * (m[3] - m[4]);
    OF(floats) even_half = (2 / 45.0f) * (m[5] + m[6]), odd_half = (4 / 45.0f) * (m[5] - m[6]);
    dg[0] = (m[0] - even) + (even_2 + 16.0f * even_half);
    dg[1] = (odd_2 + 4.0f * odd_half) - odd;
    dg[2] = (4.0f * even_2 + 4.0f * even_half) - even;
    dg[3] = (4.0f * odd_2 + odd_half) - odd;
    dg[4] = (m[7] - even) + (16.0f * even_2 + even_half);
}
