/* The one-dimensional transforms of Winograd's F(4, 3), for vectors of WIDTH floats: 4 outputs of a
   filter of 3 from 6 pixels.

   Polynomials are multiplied by their values at 6 points. The points here are 0, +-sqrt(1/2),
   +-sqrt(2) and infinity, whose rounding errors are less than half of those of 0, +-1, +-2 and
   infinity (compare Barabasz et al., arXiv 1803.10986). */

#define SQRT_HALF 0.70710678118654752f
#define SQRT_2 1.41421356237309505f

/* Two of the 6 values of B^T d, of 6 pixels: pair 0 is at 0 and infinity, the others at +-p. */
TILE void OF(image_at_six)(const int pair, const OF(floats) d[6], OF(floats) v[2]) {
    if (pair == 0) {
        v[0] = (d[0] + d[4]) - 2.5f * d[2];
        v[1] = (d[1] + d[5]) - 2.5f * d[3];
    } else {
        const float point = pair == 1 ? SQRT_HALF : SQRT_2, other = pair == 1 ? 2.0f : 0.5f;
        OF(floats) even = d[4] - other * d[2], odd = point * (d[3] - other * d[1]);
        v[0] = even + odd;
        v[1] = even - odd;
    }
}

/* Two of the 6 values of A dy, of 4 gradients. */
TILE void OF(gradient_at_six)(const int pair, const OF(floats) dy[4], OF(floats) v[2]) {
    if (pair == 0) {
        v[0] = dy[0];
        v[1] = dy[3];
    } else {
        const float point = pair == 1 ? SQRT_HALF : SQRT_2, square = pair == 1 ? 0.5f : 2.0f;
        OF(floats) even = dy[0] + square * dy[2], odd = point * (dy[1] + square * dy[3]);
        v[0] = even + odd;
        v[1] = even - odd;
    }
}

/* A^T m: 4 outputs from products at the points. */
TILE void OF(outputs_of_six)(const OF(floats) m[6], OF(floats) y[4]) {
    OF(floats) even = m[1] + m[2], odd = m[1] - m[2];
    OF(floats) even_2 = m[3] + m[4], odd_2 = m[3] - m[4];
    y[0] = m[0] + even + even_2;
    y[1] = SQRT_2 * odd_2;
    JOIN_PRODUCT(y[1], OF(all)(SQRT_HALF), odd);
    y[2] = 0.5f * even + 2.0f * even_2;
    y[3] = m[5];
    JOIN_PRODUCT(y[3], OF(all)(2.0f * SQRT_2), odd_2);
    JOIN_PRODUCT(y[3], OF(all)(0.5f * SQRT_HALF), odd);
}

/* G g: the values of a filter of 3 at the points. */
TILE void OF(filter_at_six)(const OF(floats) g[3], OF(floats) u[6]) {
    OF(floats) even = (-2 / 3.0f) * g[0] - (1 / 3.0f) * g[2], odd = (SQRT_2 / 3) * g[1];
    OF(floats) even_2 = (1 / 6.0f) * g[0] + (1 / 3.0f) * g[2], odd_2 = (SQRT_2 / 6) * g[1];
    u[0] = g[0];
    u[1] = even - odd;
    u[2] = even + odd;
    u[3] = even_2 + odd_2;
    u[4] = even_2 - odd_2;
    u[5] = g[2];
}

/* G^T m: the gradient of a filter of 3 from products at the points. */
TILE void OF(filter_of_six)(const OF(floats) m[6], OF(floats) dg[3]) {
    OF(floats) even = m[1] + m[2], odd = m[2] - m[1];
    OF(floats) even_2 = m[3] + m[4], odd_2 = m[3] - m[4];
    dg[0] = m[0] + ((1 / 6.0f) * even_2 - (2 / 3.0f) * even);
    dg[1] = (SQRT_2 / 3) * odd + (SQRT_2 / 6) * odd_2;
    dg[2] = m[5] + (1 / 3.0f) * (even_2 - even);
}
