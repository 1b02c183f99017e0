/* The one-dimensional transforms of Winograd's F(4, 3) and F(2, 5), for vectors of WIDTH floats:
   4 outputs of a filter of 3, or 2 outputs of a filter of 5, from 6 pixels.

   Polynomials are multiplied by their values at 6 points. The points here are 0, +-sqrt(1/2),
   +-sqrt(2) and infinity, whose rounding errors are less than half of those of 0, +-1, +-2 and
   infinity (compare Barabasz et al., arXiv 1803.10986). */

#define SQRT_HALF 0.70710678118654752f
#define SQRT_2 1.41421356237309505f

/* Two of the 6 values of B^T d, of 6 pixels: pair 0 is at 0 and infinity, the others at +-p. */
TILE void OF(image_at_pair)(const int pair, const OF(floats) d[6], OF(floats) v[2]) {
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

/* Two of the 6 values of A dy, of 4 or 2 gradients. */
TILE void OF(gradient_at_pair)(
    const int pair, const int outputs, const OF(floats) dy[], OF(floats) v[2]
) {
    if (pair == 0) {
        v[0] = dy[0];
        v[1] = dy[outputs - 1];
    } else {
        const float point = pair == 1 ? SQRT_HALF : SQRT_2, square = pair == 1 ? 0.5f : 2.0f;
        OF(floats) even = dy[0], odd = dy[1];
        if (outputs == 4) {
            even += square * dy[2];
            odd += square * dy[3];
        }
        odd *= point;
        v[0] = even + odd;
        v[1] = even - odd;
    }
}

/* A^T m: 4 or 2 outputs from products at the points. */
TILE void OF(outputs_of_points)(const int outputs, const OF(floats) m[6], OF(floats) y[]) {
    OF(floats) even = m[1] + m[2], odd = m[1] - m[2];
    OF(floats) even_2 = m[3] + m[4], odd_2 = m[3] - m[4];
    y[0] = m[0] + even + even_2;
    if (outputs == 2) {
        y[1] = SQRT_HALF * odd + (SQRT_2 * odd_2 + m[5]);
        return;
    }
    y[1] = SQRT_2 * odd_2;
    ROUND_NOW(y[1]);
    ADD_PRODUCT(y[1], OF(all)(SQRT_HALF), odd);
    y[2] = 0.5f * even + 2.0f * even_2;
    y[3] = 0.5f * SQRT_HALF * odd + (2.0f * SQRT_2 * odd_2 + m[5]);
}

/* G g: the values of a filter of 3 or 5 at the points. */
TILE void OF(filter_at_points)(const int filter, const OF(floats) g[], OF(floats) u[6]) {
    OF(floats) even = (-2 / 3.0f) * g[0] - (1 / 3.0f) * g[2], odd = (SQRT_2 / 3) * g[1];
    OF(floats) even_2 = (1 / 6.0f) * g[0] + (1 / 3.0f) * g[2], odd_2 = (SQRT_2 / 6) * g[1];
    if (filter == 5) {
        even -= (1 / 6.0f) * g[4];
        odd += (SQRT_2 / 6) * g[3];
        even_2 += (2 / 3.0f) * g[4];
        odd_2 += (SQRT_2 / 3) * g[3];
    }
    u[0] = g[0];
    u[1] = even - odd;
    u[2] = even + odd;
    u[3] = even_2 + odd_2;
    u[4] = even_2 - odd_2;
    u[5] = g[filter - 1];
}

/* G^T m: the gradient of a filter of 3 or 5 from products at the points. */
TILE void OF(filter_of_points)(const int filter, const OF(floats) m[6], OF(floats) dg[]) {
    OF(floats) even = m[1] + m[2], odd = m[2] - m[1];
    OF(floats) even_2 = m[3] + m[4], odd_2 = m[3] - m[4];
    dg[0] = m[0] + ((1 / 6.0f) * even_2 - (2 / 3.0f) * even);
    dg[1] = (SQRT_2 / 3) * odd + (SQRT_2 / 6) * odd_2;
    if (filter == 3) {
        dg[2] = m[5] + (1 / 3.0f) * (even_2 - even);
        return;
    }
    dg[2] = (1 / 3.0f) * (even_2 - even);
    dg[3] = (SQRT_2 / 6) * odd + (SQRT_2 / 3) * odd_2;
    dg[4] = m[5] + ((2 / 3.0f) * even_2 - (1 / 6.0f) * even);
}
