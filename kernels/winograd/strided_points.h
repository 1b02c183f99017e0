/* The one-dimensional transforms of a filter of 3 with stride 2: of 2 or 4 outputs, from 5 or 9
   pixels, and backward of 4 or 8 pixels, from 3 or 5 gradients.

   Taps 0 and 2 belong to even pixels, which is Winograd's F(2, 2) at the points 0, 1 and infinity,
   or F(4, 2) at +-1/2, +-1 and infinity, and tap 1 to odd ones, one product each (Huang et al.,
   arXiv 2002.00552). So there are 5 or 9 products where the definition has 6 or 12. Backward,
   filters are flipped, the first pixel is an odd one, and each gradient leads to one of both. */

/* Two of the 5 values of B^T d: pair 0 is of even pixels, pair 1 of both, pair 2 has one alone. */
TILE void OF(strided_image_at_two)(const int pair, const OF(floats) d[5], OF(floats) v[2]) {
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

/* Two of the 5 values of 3 gradients, which lead back to 4 pixels. */
TILE void OF(backward_at_two)(const int pair, const OF(floats) dy[3], OF(floats) v[2]) {
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

/* Two of the 9 values of 9 pixels, or of 5 gradients, whose `step` is 2 or 1 from an even one to
   the next: pairs 0 and 1 are at +-1/2 and +-1, pair 2 at infinity and an odd one. */
TILE void OF(strided_at_four)(
    const int pair, const int step, const OF(floats) d[], OF(floats) v[2]
) {
    const int first_odd = step - 1;
    if (pair < 2) {
        const float point = pair == 0 ? 0.5f : 1.0f, other = pair == 0 ? 1.0f : 0.25f;
        OF(floats) odd = d[3 * step] - other * d[step];
        OF(floats) even = point * (d[2 * step] - other * d[0]);
        v[0] = odd + even;
        v[1] = odd - even;
    } else if (pair == 2) {
        v[0] = (d[4 * step] + 0.25f * d[0]) - 1.25f * d[2 * step];
        v[1] = d[first_odd];
    } else {
        v[0] = d[(2 * pair - 5) * step + first_odd];
        v[1] = d[(pair == 3 ? 2 : 3) * step + first_odd];
    }
}

/* Of a tile's products, those of F(2, 2) or F(4, 2): outputs of even pixels, or even gradients. */
TILE void OF(outputs_of_even)(const int outputs, const OF(floats) m[], OF(floats) y[]) {
    if (outputs == 2) {
        y[0] = m[0] + m[1];
        y[1] = m[2] + m[1];
        return;
    }
    OF(floats) even_half = m[0] + m[1], odd_half = m[0] - m[1];
    OF(floats) even = m[2] + m[3], odd = m[2] - m[3];
    y[0] = even + even_half;
    y[1] = odd + 0.5f * odd_half;
    y[2] = even + 0.25f * even_half;
    y[3] = (m[4] + odd) + 0.125f * odd_half;
}

/* A^T m: 2 or 4 outputs from 5 or 9 products. */
TILE void OF(strided_outputs)(const int outputs, const OF(floats) m[], OF(floats) y[]) {
    OF(outputs_of_even)(outputs, m, y);
    UNROLL for (int j = 0; j < outputs; j++) y[j] += m[outputs + 1 + j];
}

/* 4 or 8 gradients of pixels from 5 or 9 products. */
TILE void OF(backward_outputs)(const int pixels, const OF(floats) m[], OF(floats) dx[]) {
    const int half = pixels / 2;
    OF(floats) even[4];
    OF(outputs_of_even)(half, m, even);
    UNROLL for (int j = 0; j < half; j++) {
        dx[2 * j] = m[half + 1 + j];
        dx[2 * j + 1] = even[j];
    }
}

/* G g: the values of a filter of 3 for tiles of 2 or 4, of which the last is that of odd pixels. */
TILE void OF(strided_filter_at)(const int outputs, const OF(floats) g[3], OF(floats) u[]) {
    if (outputs == 2) {
        u[0] = g[0];
        u[1] = g[0] + g[2];
        u[2] = g[2];
        u[3] = g[1];
        return;
    }
    u[0] = (-4 / 3.0f) * (g[0] + 0.5f * g[2]);
    u[1] = (4 / 3.0f) * (g[0] - 0.5f * g[2]);
    u[2] = (2 / 3.0f) * (g[0] + g[2]);
    u[3] = (2 / 3.0f) * (g[2] - g[0]);
    u[4] = g[2];
    u[5] = g[1];
}
