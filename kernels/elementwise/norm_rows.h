/* Part of norm_sums.h, for vectors of WIDTH lanes: some rows at a time, because the sums wait for
   one another. */

static inline void OF(add_rows)(const SumBlock *z, ptrdiff_t row, ptrdiff_t lane, int rows) {
    const OF(floats) mean = OF(load)(z->means + lane), scale = OF(load)(z->scales + lane);
    const OF(floats) shift = OF(load)(z->shifts + lane);
    OF(floats) sum = OF(load)(z->sums + lane), product = OF(load)(z->products + lane);
    for (int i = 0; i < rows; i++) {
        const ptrdiff_t at = (row + i) * z->stride + lane;
        const OF(floats) x = OF(load)(z->x + at) - mean;
        OF(floats) g = OF(load)(z->dy + at);
        if (z->relu) g = (OF(floats))((x * scale + shift > 0) & (OF(ints))g);
        sum += g;
        product += g * x;
    }
    OF(store)(z->sums + lane, sum);
    OF(store)(z->products + lane, product);
}
#undef WIDTH
