"""Faults in the kernels, a module after the other: to compile one takes longer than its tests."""

from __future__ import annotations

from mutation.fault import Fault

ACTIVATION = "tests/kernels/test_activation.py"
ARRANGE = "tests/kernels/test_arrange.py"
CONV = "tests/kernels/test_conv.py"
DEPTHWISE = "tests/kernels/test_depthwise.py"
INTERPOLATION = "tests/kernels/test_interpolation.py"
NORM = "tests/kernels/test_norm.py"
OPTIMIZER = "tests/kernels/test_optimizer.py"
POOL = "tests/kernels/test_pool.py"
SAMPLE = "tests/kernels/test_sample.py"
WINOGRAD = "tests/kernels/test_winograd.py"

ELEMENTWISE = {
    "leaky-relu-slopes-on-the-other-side": Fault(
        "kernels/elementwise/activations.h",
        "case LEAKY_RELU: return known > 0 ? dy : slope * dy;",
        "case LEAKY_RELU: return known < 0 ? dy : slope * dy;",
        (f"{ACTIVATION}::test_backward_multiplies_by_the_derivative",),
    ),
    "the-density-of-gelu-has-four-digits": Fault(
        "kernels/elementwise/vector_math.h",
        "e * 0.39894228040143268f",
        "e * 0.3989f",
        (f"{ACTIVATION}::test_backward_multiplies_by_the_derivative",),
    ),
    "softmax-keeps-its-maximum": Fault(
        "kernels/elementwise/activation.pxi",
        "y[i * C + c] = x[i * C + c] - largest",
        "y[i * C + c] = x[i * C + c]",
        (f"{ACTIVATION}::test_softmax_of_equal_logits_is_even_however_large",),
    ),
    "a-sum-without-terms-is-left-as-it-was": Fault(
        "kernels/elementwise/interpolation.pxi",
        "if terms == 0:",
        "if terms < 0:",
        (f"{INTERPOLATION}::test_sums_are_those_of_the_definition_and_zero_without_terms",),
    ),
    "dropout-is-not-scaled": Fault(
        "kernels/elementwise/arrange.pxi",
        "cdef float scale = 1 / (1 - rate)",
        "cdef float scale = 1",
        (f"{ARRANGE}::test_dropout_drops_its_share_and_scales_the_rest",),
    ),
    "dropout-ignores-its-key": Fault(
        "kernels/elementwise/arrange.pxi",
        "random_bits(<uint32_t>i ^ key)",
        "random_bits(<uint32_t>i)",
        (f"{ARRANGE}::test_dropout_shows_no_pattern_along_the_array_or_between_keys",),
    ),
    "images-are-scaled-by-their-shift": Fault(
        "kernels/elementwise/arrange.pxi",
        "image[i + j] * scales[j] + shifts[j]",
        "image[i + j] * shifts[j] + scales[j]",
        (f"{ARRANGE}::test_images_are_picked_and_normalized",),
    ),
    "a-bias-gradient-misses-a-row-behind-whole-blocks": Fault(
        "kernels/elementwise/bias.pxi",
        "while row < at.rows:",
        "while row < at.rows - (row > 0):",
        ("tests/kernels/test_bias.py",),
    ),
    "smoothing-is-shared-by-the-other-classes": Fault(
        "kernels/elementwise/loss.pxi",
        "rest = smoothing / K",
        "rest = smoothing / (K - 1)",
        ("tests/kernels/test_loss.py",),
    ),
    "a-mixed-row-is-smoothed-as-if-it-had-no-weight": Fault(
        "kernels/elementwise/loss.pxi",
        "target += smoothing * weight / K",
        "target += smoothing / K",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "noise-repeats-itself-in-every-pixel": Fault(
        "kernels/elementwise/noise.pxi",
        "draw_normal(starts[i], k * C + c)",
        "draw_normal(starts[i], c)",
        ("tests/kernels/test_noise.py",),
    ),
    "huber-jumps-at-delta": Fault(
        "kernels/elementwise/loss.pxi",
        "total += delta * (length - delta / 2)",
        "total += delta * length - delta / 2",
        ("tests/losses/test_distance.py",),
    ),
    "running-statistics-keep-what-they-should-lose": Fault(
        "kernels/elementwise/moments.pxd",
        "running_mean[c] += momentum * (means[c] - running_mean[c])",
        "running_mean[c] += (1 - momentum) * (means[c] - running_mean[c])",
        (f"{NORM}::test_training_normalizes_by_the_batch_and_moves_the_running_statistics",),
    ),
    "the-running-variance-is-biased": Fault(
        "kernels/elementwise/moments.pxd",
        "totals[c] / max(1, rows - 1)",
        "totals[c] / rows",
        (f"{NORM}::test_training_normalizes_by_the_batch_and_moves_the_running_statistics",),
    ),
    "eps-is-added-to-the-deviation-of-a-batch": Fault(
        "kernels/elementwise/moments.pxd",
        "1 / sqrt(totals[c] / rows + eps)",
        "1 / (sqrt(totals[c] / rows) + eps)",
        (f"{NORM}::test_a_constant_channel_becomes_its_bias_exactly",),
    ),
    "eps-is-added-to-the-running-deviation": Fault(
        "kernels/elementwise/norm.pxi",
        "weight[c] / sqrt(variance[c] + eps)",
        "weight[c] / (sqrt(variance[c]) + eps)",
        (f"{NORM}::test_a_prediction_divides_a_channel_without_variance_by_the_root_of_eps",),
    ),
    "the-variance-has-no-gradient": Fault(
        "kernels/elementwise/norm.pxi",
        "slope[c] = dweight[c] * deviation[c] / rows",
        "slope[c] = 0",
        (f"{NORM}::test_backward_is_the_chain_rule",),
    ),
    "the-step-of-nesterov-is-that-of-momentum": Fault(
        "kernels/elementwise/optimizer.pxi",
        "p[i] -= lr * (step + momentum * velocity[i])",
        "p[i] -= lr * velocity[i]",
        (OPTIMIZER,),
    ),
    "the-alpha-of-rmsprop-is-that-of-the-gradient": Fault(
        "kernels/elementwise/optimizer.pxi",
        "count, lr, alpha, 1 - alpha, eps, weight_decay,",
        "count, lr, 1 - alpha, alpha, eps, weight_decay,",
        (OPTIMIZER,),
    ),
    "adam-does-not-correct-its-mean": Fault(
        "kernels/elementwise/optimizer.pxi",
        "cdef float step = lr / (1 - pow(beta1, t))",
        "cdef float step = lr",
        (OPTIMIZER,),
    ),
    "the-betas-of-lion-are-swapped": Fault(
        "kernels/elementwise/optimizer.pxi",
        "lr, beta1, 1 - beta1, beta2, 1 - beta2,\n            &gradient[i * BLOCK], "
        "&parameter[i * BLOCK], &mean[i * BLOCK],\n        )",
        "lr, beta2, 1 - beta2, beta1, 1 - beta1,\n            &gradient[i * BLOCK], "
        "&parameter[i * BLOCK], &mean[i * BLOCK],\n        )",
        (OPTIMIZER,),
    ),
    "dice-forgets-a-factor-of-its-gradient": Fault(
        "kernels/elementwise/segmentation.pxi",
        "4 * total[CLASS_SUMS * k] / (below * below)",
        "2 * total[CLASS_SUMS * k] / (below * below)",
        ("tests/kernels/test_segmentation.py",),
    ),
    "pixels-without-a-label-weigh-in-the-mean": Fault(
        "kernels/elementwise/loss.pxi",
        "if labels[i] >= 0:\n            total +=",
        "if True:\n            total +=",
        ("tests/losses/test_cross_entropy.py",),
    ),
}

POOLS = {
    "the-last-of-equal-maxima-gets-the-gradient": Fault(
        "kernels/pool/pool_kinds.h",
        "ptrdiff_t at = (r * g->W + s) * g->C;",
        "ptrdiff_t at = ((rows - 1 - r) * g->W + columns - 1 - s) * g->C;",
        (f"{POOL}::test_maxpool_sends_the_gradient_of_a_tie_to_the_first",),
    ),
    "avgpool-does-not-count-the-padding-below": Fault(
        "kernels/pool/pool_windows.h",
        "g->H + g->pb + g->pt - p * g->sh",
        "g->H + g->pt - p * g->sh",
        (f"{POOL}::test_avgpool_counts_the_padding_as_zeros",),
    ),
    "avgpool-counts-padding-that-is-left-out": Fault(
        "kernels/pool/pool_windows.h",
        "if (!g->include_pad) return",
        "if (!g->include_pad && g->C < 0) return",
        (f"{POOL}::test_avgpool_counts_the_image_alone_where_that_is_asked_for",),
    ),
    "l2pool-divides-by-zero": Fault(
        "kernels/pool/pool_kinds.h",
        "choose(y == 0.0f, (lanes){0}, dy / y)",
        "dy / y",
        (f"{POOL}::test_l2pool_sends_nothing_back_where_everything_is_zero",),
    ),
}

DEPTHWISE_CONVOLUTION = {
    "depthwise-columns-are-not-dilated": Fault(
        "kernels/depthwise/strips.pxd",
        "strip.x_col = taps.dilation * z.C",
        "strip.x_col = z.C",
        (f"{DEPTHWISE}::test_whole_numbers_come_out_exactly",),
    ),
    "strips-have-no-bias": Fault(
        "kernels/depthwise/strips.pxd",
        "strip.bias = z.bias",
        "strip.bias = NULL",
        (f"{DEPTHWISE}::test_forward_adds_a_bias_and_then_cuts_off_what_is_negative",),
    ),
    "the-last-column-of-3x3-windows-is-padding": Fault(
        "kernels/depthwise/windows3x3.pxd",
        "+ z.cols.origin + 3 > z.cols.size",
        "+ z.cols.origin + 3 >= z.cols.size",
        (f"{DEPTHWISE}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "lanes-of-the-last-vector-are-those-of-the-one-before": Fault(
        "kernels/depthwise/gradient.pxd",
        "(c if c < last else c + beyond)",
        "c",
        (f"{DEPTHWISE}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
}

WINOGRAD_CONVOLUTION = {
    "a-coefficient-of-winograd-outputs-is-wrong": Fault(
        "kernels/winograd/six_points.h",
        "y[2] = 0.5f * even + 2.0f * even_2;",
        "y[2] = 0.5f * even + even_2;",
        (f"{WINOGRAD}::test_large_ones_come_out_right_however_work_is_cut_up",),
    ),
    "a-coefficient-of-winograd-filters-is-rounded": Fault(
        "kernels/winograd/six_points.h",
        "OF(floats) even_2 = (1 / 6.0f) * g[0]",
        "OF(floats) even_2 = 0.16667f * g[0]",
        (f"{WINOGRAD}::test_large_ones_come_out_right_however_work_is_cut_up",),
    ),
    "a-coefficient-of-winograd-gradients-of-5x5-filters-is-wrong": Fault(
        "kernels/winograd/eight_points.h",
        "dg[3] = (4.0f * odd_2 + odd_half) - odd;",
        "dg[3] = (2.0f * odd_2 + odd_half) - odd;",
        (f"{WINOGRAD}::test_large_ones_come_out_right_however_work_is_cut_up",),
    ),
    "a-point-of-winograd-with-a-stride-is-wrong": Fault(
        "kernels/winograd/strided_points.h",
        "y[2] = even + 0.25f * even_half;",
        "y[2] = even + 0.5f * even_half;",
        (f"{WINOGRAD}::test_large_ones_come_out_right_however_work_is_cut_up",),
    ),
    "backward-through-a-stride-tiles-begin-with-an-even-pixel": Fault(
        "kernels/winograd/winograd.pyx",
        "above, before = (pt + 1) % 2, (pl + 1) % 2",
        "above, before = 0, 0",
        (f"{WINOGRAD}::test_backward_data_is_the_adjoint_of_forward",),
    ),
    "the-last-row-of-a-winograd-tile-is-not-stored": Fault(
        "kernels/winograd/correlate.pxd",
        "min(<Py_ssize_t> t.outputs, t.P - row)",
        "min(<Py_ssize_t> t.outputs, t.P - row - 1)",
        (f"{WINOGRAD}::test_large_ones_come_out_right_however_work_is_cut_up",),
    ),
    "winograd-pads-of-rows-and-columns-are-swapped-backward": Fault(
        "kernels/winograd/winograd.pyx",
        "R - 1 - pt, R - 1 - pl, 0, 0, late",
        "R - 1 - pl, R - 1 - pt, 0, 0, late",
        (f"{WINOGRAD}::test_backward_data_is_the_adjoint_of_forward",),
    ),
}

CONVOLUTION = {
    "rows-are-padded-by-one-more": Fault(
        "kernels/conv/conv.pyx",
        "forward_axis(H, P, R, sh, pt, dh), forward_axis(",
        "forward_axis(H, P, R, sh, pt + 1, dh), forward_axis(",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "stride-and-dilation-of-columns-are-swapped": Fault(
        "kernels/conv/conv.pyx",
        "forward_axis(W, Q, S, sw, pl, dw), groups, C, K, fill",
        "forward_axis(W, Q, S, dw, pl, sw), groups, C, K, fill",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "padded-columns-are-folded-like-rows": Fault(
        "kernels/conv/conv.pyx",
        "inside(col - g.pl, g.W, g.forward.fill)",
        "inside(col - g.pt, g.W, g.forward.fill)",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "phases-of-rows-are-swapped-backward": Fault(
        "kernels/conv/correlate.pxd",
        "phase.rows = taps_of(&t.rows, row_phase)",
        "phase.rows = taps_of(&t.rows, t.rows.phases - 1 - row_phase)",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "the-last-column-of-a-phase-is-left-out": Fault(
        "kernels/conv/correlate.pxd",
        "phase_positions(&t.cols, phase.col) - slab.col",
        "phase_positions(&t.cols, t.cols.phases - 1) - slab.col",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "filters-of-later-tiles-have-no-bias": Fault(
        "kernels/conv/correlate.pxd",
        "if work.bias != NULL:",
        "if work.bias != NULL and filter == 0:",
        (f"{CONV}::test_forward_adds_a_bias_and_then_cuts_off_what_is_negative",),
    ),
    "every-group-has-the-bias-of-the-first": Fault(
        "kernels/conv/correlate.pxd",
        "work.bias + item.group * t.K + filter",
        "work.bias + filter",
        (f"{CONV}::test_forward_adds_a_bias_and_then_cuts_off_what_is_negative",),
    ),
    "every-group-has-the-weights-of-the-first": Fault(
        "kernels/conv/correlate.pxd",
        "work.weight + group * panel_floats(t) + filter",
        "work.weight + filter",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "taps-of-a-short-block-lie-as-far-apart-as-those-of-a-whole-one": Fault(
        "kernels/conv/correlate.pxd",
        "tap.weight[1] = (i * phase.cols.count + j) * rest",
        "tap.weight[1] = (i * phase.cols.count + j) * whole",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "relu6-behind-a-convolution-cuts-off-at-5": Fault(
        "kernels/vectors.h",
        "choose_##width(x > 6, six,",
        "choose_##width(x > 5, six,",
        (f"{CONV}::test_forward_activates_as_a_layer_behind_it_does",),
    ),
    "the-last-weights-are-not-transposed-backward": Fault(
        "kernels/conv/correlate.pxd",
        "to[row * PANEL + lane] = weight[lane * PANEL + row]",
        "to[row * PANEL + lane] = weight[row * PANEL + lane]",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "the-last-filter-is-not-stored": Fault(
        "kernels/conv/forward_tiles.c",
        "memcpy(y, from, filters * sizeof(float));",
        "memcpy(y, from, (filters - 1) * sizeof(float));",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "long-sums-are-one-chain": Fault(
        "kernels/conv/forward_tiles.c",
        "CHAIN = 144 / PANEL",
        "CHAIN = 1 << 20",
        (f"{CONV}::test_rounding_errors_stay_small_in_long_sums",),
    ),
    "padding-is-normalized": Fault(
        "kernels/conv/pack.pxd",
        "zero_pixel(blocks, to + j * PANEL, block_stride)\n",
        "zero_pixel(blocks, to + j * PANEL, block_stride)\n"
        "            if normal.mean != NULL:\n"
        "                normalize_blocks(normal, 1, blocks, to + j * PANEL, block_stride)\n",
        (f"{CONV}::test_what_is_read_can_be_normalized_but_not_its_padding",),
    ),
    "a-weight-gradient-begins-in-the-padding": Fault(
        "kernels/conv/weight_gradient.pxd",
        "            + valid.first * outer.dy_row\n",
        "",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "the-later-images-of-a-slab-are-not-reached": Fault(
        "kernels/conv/weight_gradient.pxd",
        "block * pair.x.block_stride + image * outer.x_image",
        "block * pair.x.block_stride",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "pixels-under-a-row-of-taps-are-taken-for-packed-ones": Fault(
        "kernels/conv/weight_gradient.pxd",
        "outer.x_pixel = pair.x.pixel",
        "outer.x_pixel = PANEL",
        (f"{CONV}::test_whole_numbers_come_out_exactly",),
    ),
    "lanes-beyond-the-last-filter-keep-a-sum": Fault(
        "kernels/conv/weight_gradient.pxd",
        "for lane in range(t.K % PANEL, PANEL):",
        "for lane in range(t.K % PANEL + 1, PANEL):",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
    "threads-decide-how-a-weight-gradient-is-summed": Fault(
        "kernels/conv/weight_gradient.pxd",
        "chunks = min(<Py_ssize_t> CHUNKS, z.cut.slabs)",
        "chunks = min(<Py_ssize_t> z.threads, z.cut.slabs)",
        (f"{CONV}::test_any_number_of_threads_gives_the_same_bits",),
    ),
}

SAMPLING = {
    "a-reflection-shows-the-last-pixel-twice": Fault(
        "kernels/sample/view.h",
        "return i < length ? i : period - i;",
        "return i < length ? i : period + 1 - i;",
        (f"{SAMPLE}::test_whole_moves_show_whole_pixels",),
    ),
    "what-is-not-there-is-the-first-pixel": Fault(
        "kernels/sample/view.h",
        "share[k] = missing ? 0 : share[k];",
        "",
        (f"{SAMPLE}::test_an_image_is_interpolated_where_its_matrix_looks",),
    ),
    "a-tilt-is-that-of-the-first-pixel-of-a-run": Fault(
        "kernels/sample/view.h",
        "look_at(m, column + i, row, &x, &y);",
        "x += m[0] / (m[6] * column + m[7] * row + m[8]);",
        (f"{SAMPLE}::test_an_image_is_interpolated_where_its_matrix_looks",),
    ),
    "colors-go-beyond-white": Fault(
        "kernels/sample/view.h",
        "(value > 255 ? 255 : value)",
        "value",
        (f"{SAMPLE}::test_colors_mix_the_channels_and_end_at_black_and_white",),
    ),
    "masks-are-cut-off-instead-of-rounded": Fault(
        "kernels/sample/view.h",
        "at.top[i] + (at.down[i] >= 0.5f)",
        "at.top[i]",
        (f"{SAMPLE}::test_a_mask_shows_the_nearest_class_and_none_beyond_a_zero_border",),
    ),
}

GEOMETRY = {
    "a-reflection-repeats-the-edge": Fault(
        "kernels/geometry.pxd",
        "2 * (size - 1) - place",
        "2 * size - 1 - place",
        (f"{CONV}::test_whole_numbers_come_out_exactly_where_work_is_cut_up",),
    ),
}

FAULTS = {
    **ELEMENTWISE,
    **POOLS,
    **DEPTHWISE_CONVOLUTION,
    **WINOGRAD_CONVOLUTION,
    **CONVOLUTION,
    **SAMPLING,
    **GEOMETRY,
}
