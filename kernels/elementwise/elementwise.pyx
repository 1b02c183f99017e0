# cython: language_level=3
"""Every kernel that works number by number, row by row or channel by channel, as one module.

One module, because what Cython adds to each takes longer to compile than most of these kernels.
"""

include "activation.pxi"
include "arrange.pxi"
include "bias.pxi"
include "interpolation.pxi"
include "lrn.pxi"
include "loss.pxi"
include "noise.pxi"
include "norm.pxi"
include "optimizer.pxi"
include "segmentation.pxi"
include "spread.pxi"
include "group_norm.pxi"
include "prelu.pxi"
