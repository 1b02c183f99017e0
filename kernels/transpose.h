/* Transpose a block of 16 x 16 floats, rows next to each other: what turns weights around. */

#ifndef CNNCLI_TRANSPOSE_H
#define CNNCLI_TRANSPOSE_H

#include "vectors.h"

/* Four by four, rows 16 floats apart. */
TILE void transpose_four(const float *from, float *to) {
    floats_4 a = load_4(from), b = load_4(from + 16), c = load_4(from + 32), d = load_4(from + 48);
    floats_4 ab = __builtin_shuffle(a, b, (ints_4){0, 4, 1, 5});
    floats_4 cd = __builtin_shuffle(c, d, (ints_4){0, 4, 1, 5});
    store_4(to, __builtin_shuffle(ab, cd, (ints_4){0, 1, 4, 5}));
    store_4(to + 16, __builtin_shuffle(ab, cd, (ints_4){2, 3, 6, 7}));
    ab = __builtin_shuffle(a, b, (ints_4){2, 6, 3, 7});
    cd = __builtin_shuffle(c, d, (ints_4){2, 6, 3, 7});
    store_4(to + 32, __builtin_shuffle(ab, cd, (ints_4){0, 1, 4, 5}));
    store_4(to + 48, __builtin_shuffle(ab, cd, (ints_4){2, 3, 6, 7}));
}

/* `ahead` floats on is the block that will be wanted next: memory is too slow to wait for it. */
static inline void transpose_block(const float *from, ptrdiff_t ahead, float *to) {
    for (int row = 0; row < PANEL; row++) __builtin_prefetch(from + ahead + row * PANEL);
    for (int row = 0; row < PANEL; row += 4)
        UNROLL for (int column = 0; column < PANEL; column += 4)
            transpose_four(from + row * PANEL + column, to + column * PANEL + row);
}

#endif
