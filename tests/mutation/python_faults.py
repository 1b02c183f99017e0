"""Faults in Python, from the layers up to the commands."""

from __future__ import annotations

from mutation.fault import Fault

LAYERS = {
    "padding-behind-is-off-by-one": Fault(
        "cnncli/layers/geometry.py",
        "            after.append(before[axis])\n",
        "            after.append(max(0, before[axis] - 1))\n",
        ("tests/layers/test_conv.py", "tests/layers/test_pool.py"),
    ),
    "windows-are-counted-upwards": Fault(
        "cnncli/layers/geometry.py",
        "output.append(room // step + (2 if more else 1))",
        "output.append(-(-room // step) + 1)",
        ("tests/layers/test_geometry.py",),
    ),
    "same-padding-has-the-odd-row-before": Fault(
        "cnncli/layers/geometry.py",
        "            before.append(total // 2)\n            after.append(total - total // 2)\n",
        "            before.append(total - total // 2)\n            after.append(total // 2)\n",
        ("tests/layers/test_geometry.py",),
    ),
    "deconv-same-has-the-odd-row-before": Fault(
        "cnncli/layers/deconv.py",
        "max(0, span - stride[axis]) // 2)",
        "-(-max(0, span - stride[axis]) // 2))",
        ("tests/layers/test_deconv.py",),
    ),
    "strides-of-rows-and-columns-are-swapped": Fault(
        "cnncli/layers/conv.py",
        "        *windows.stride,\n",
        "        *windows.stride[::-1],\n",
        ("tests/layers/test_conv.py",),
    ),
    "dilation-widens-by-a-whole-gap": Fault(
        "cnncli/layers/geometry.py",
        "_pair(d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))",
        "_pair(d * k for k, d in zip(self.size, self.dilation, strict=True))",
        ("tests/graph/test_receptive_field.py",),
    ),
    "ceil-adds-a-window-of-nothing": Fault(
        "cnncli/layers/geometry.py",
        "first_without_room < length + before[axis]",
        "first_without_room <= length + before[axis]",
        ("tests/layers/test_pool.py",),
    ),
    "the-bias-of-conv-is-no-parameter": Fault(
        "cnncli/layers/conv.py",
        'return {"weight": weight, "bias": declare_vector(self.filters, "zeros")}',
        'return {"weight": weight}',
        ("tests/layers/test_conv.py",),
    ),
    "the-cost-of-conv-forgets-groups": Fault(
        "cnncli/layers/conv.py",
        "windows.area * self.filters * (x[-1] // self.groups)",
        "windows.area * self.filters * x[-1]",
        ("tests/graph/test_building.py",),
    ),
    "the-cost-of-deconv-is-that-of-its-output": Fault(
        "cnncli/layers/deconv.py",
        "windows.count * windows.area * x[-1]",
        "windows.input[0] * windows.input[1] * windows.area * x[-1]",
        ("tests/layers/test_deconv.py",),
    ),
    "dense-reads-images-pixel-by-pixel": Fault(
        "cnncli/layers/panels.py",
        "weight.reshape(units, channels, height, width).transpose(0, 2, 3, 1)",
        "weight.reshape(units, height, width, channels)",
        ("tests/layers/test_dense.py",),
    ),
    "filters-of-a-group-share-a-panel": Fault(
        "cnncli/layers/panels.py",
        "split = flat.reshape(groups, panels, rows, columns, channels, LANES)\n",
        "split = flat.reshape(panels, groups, rows, columns, channels, LANES)\n"
        "        split = split.swapaxes(0, 1)\n",
        ("tests/layers/test_conv.py",),
    ),
    "a-pool-with-a-row-beyond-counts-as-halving": Fault(
        "cnncli/layers/pool.py",
        "return plain and windows.output == (height // 2, width // 2)",
        "return plain",
        ("tests/engine/test_fusion.py",),
    ),
    "branches-are-stacked-in-reverse-order": Fault(
        "cnncli/layers/junction.py",
        "for x, channels, offset in zip(site.x, widths, offsets, strict=False)",
        "for x, channels, offset in zip(site.x[::-1], widths[::-1], offsets, strict=False)",
        ("tests/layers/test_junction.py",),
    ),
    "bn-is-folded-with-eps-beside-the-root": Fault(
        "cnncli/layers/norm.py",
        'np.sqrt(wide["running_var"] + self.eps)',
        '(np.sqrt(wide["running_var"]) + self.eps)',
        ("tests/engine/test_fusion.py", "tests/layers/test_norm.py"),
    ),
    "the-bias-is-folded-unscaled": Fault(
        "cnncli/layers/conv.py",
        'weights["bias"] * scale + shift',
        'weights["bias"] + shift',
        ("tests/layers/test_conv.py",),
    ),
}

ENGINE = {
    "fused-although-another-reads": Fault(
        "cnncli/engine/fusion.py",
        "if alike and readers[value] == 1 and value not in kept:",
        "if alike and value not in kept:",
        ("tests/engine/test_fusion.py",),
    ),
    "fused-although-it-is-kept": Fault(
        "cnncli/engine/fusion.py",
        "if alike and readers[value] == 1 and value not in kept:",
        "if alike and readers[value] == 1:",
        ("tests/engine/test_fusion.py",),
    ),
    "a-frozen-layer-is-fused-with-one-that-learns": Fault(
        "cnncli/engine/fusion.py",
        "if alike and readers[value] == 1 and value not in kept:",
        "if readers[value] == 1 and value not in kept:",
        ("tests/engine/test_frozen_layers.py",),
    ),
    "a-second-residual-takes-the-place-of-the-first": Fault(
        "cnncli/engine/fusion.py",
        "    if first.residual or first.relu:\n        return None\n    (other,)",
        "    (other,)",
        ("tests/engine/test_fusion.py",),
    ),
    "bn-is-deferred-although-two-read-it": Fault(
        "cnncli/engine/fusion.py",
        "readers[first.output] > 1 or first.output in kept",
        "first.output in kept",
        ("tests/engine/test_fusion.py",),
    ),
    "a-gradient-is-added-twice": Fault(
        "cnncli/engine/plan.py",
        "if share not in (None, name_gradient(value))",
        "if share is not None",
        ("tests/engine/test_gradients.py",),
    ),
    "what-backward-reads-is-overwritten": Fault(
        "cnncli/engine/buffers.py",
        'if "y" in step.backward_reads:\n'
        "                    self._extend(step.output, 2 * self.end - time)",
        'if "y" in step.backward_reads:\n                    self._extend(step.output, time)',
        ("tests/engine/test_gradients.py",),
    ),
    "what-forward-saves-gives-its-place-away-too-early": Fault(
        "cnncli/engine/buffers.py",
        "end = 2 * self.end - time if step.setup.backward else time",
        "end = time",
        ("tests/engine/test_gradients.py",),
    ),
    "buffers-that-meet-share-their-place": Fault(
        "cnncli/engine/placement.py",
        "(first <= buffer.last) & (buffer.first <= last)",
        "(first < buffer.last) & (buffer.first < last)",
        ("tests/engine/test_placement.py::test_buffers_of_different_times_share_their_place",),
    ),
    "a-slice-begins-at-the-first-channel": Fault(
        "cnncli/engine/plan.py",
        "outer[..., part.offset : part.offset + channels]",
        "outer[..., :channels]",
        ("tests/engine/test_slices.py",),
    ),
    "a-residual-is-read-from-a-slice": Fault(
        "cnncli/engine/slices.py",
        '        movable.discard(step.residual or "")\n',
        "",
        ("tests/engine/test_slices.py",),
    ),
    "tiles-have-no-context-below": Fault(
        "cnncli/engine/tiling.py",
        "for parts in zip(before, tile, after, strict=True)",
        "for parts in zip(before, tile, strict=True)",
        ("tests/engine/test_tiling.py",),
    ),
    "borders-are-repeated-with-their-last-pixel": Fault(
        "cnncli/engine/borders.py",
        "return last - np.abs(places % (2 * last) - last)",
        "return length - 1 - np.abs(places % (2 * length - 1) - last)",
        ("tests/engine/test_borders.py",),
    ),
    "he-initialization-has-half-its-variance": Fault(
        "cnncli/engine/weights.py",
        "math.sqrt(2 / fan_in)",
        "math.sqrt(1 / fan_in)",
        ("tests/engine/test_weights.py",),
    ),
    "all-layers-begin-with-the-same-numbers": Fault(
        "cnncli/engine/weights.py",
        "stream(seed, full)",
        "stream(seed, name)",
        ("tests/engine/test_weights.py",),
    ),
    "weights-decay-with-biases-and-bn": Fault(
        "cnncli/engine/optimizers.py",
        "yield slice(cut, None), 0.0, None",
        "yield slice(cut, None), decay, None",
        ("tests/engine/test_optimizers.py",),
    ),
    "weights-do-not-decay": Fault(
        "cnncli/engine/optimizers.py",
        "yield slice(0, cut), decay, None",
        "yield slice(0, cut), 0.0, None",
        ("tests/engine/test_optimizers.py",),
    ),
    "the-decay-of-adamw-is-that-of-adam": Fault(
        "cnncli/engine/optimizers.py",
        'arXiv:1711.05101.\n    """\n\n    decoupled = True\n',
        'arXiv:1711.05101.\n    """\n\n    decoupled = False\n',
        ("tests/engine/test_optimizers.py",),
    ),
    "nesterov-is-plain-momentum": Fault(
        "cnncli/engine/optimizers.py",
        "    nesterov = True\n",
        "    nesterov = False\n",
        ("tests/engine/test_optimizers.py",),
    ),
    "the-number-of-the-step-is-stuck": Fault(
        "cnncli/engine/optimizers.py",
        "moments, self.steps, rate, decay",
        "moments, 1, rate, decay",
        ("tests/engine/test_optimizers.py",),
    ),
    "the-usual-alpha-of-rmsprop-is-another": Fault(
        "cnncli/engine/optimizers.py",
        "alpha: float = setting(RATE, 0.99)",
        "alpha: float = setting(RATE, 0.9)",
        ("tests/engine/test_optimizers.py",),
    ),
}

GRAPH_AND_NOTATION = {
    "the-smallest-receptive-field-counts-where-branches-meet": Fault(
        "cnncli/graph/receptive_field.py",
        "(max(field.size[0] for field in branches), max(field.size[1] for field in branches))",
        "(min(field.size[0] for field in branches), min(field.size[1] for field in branches))",
        ("tests/graph/test_receptive_field.py",),
    ),
    "a-layer-that-enlarges-does-not-divide-the-jump": Fault(
        "cnncli/graph/receptive_field.py",
        "jump * stride / finer",
        "jump * stride",
        ("tests/graph/test_receptive_field.py",),
    ),
    "receptive-fields-are-rounded-down": Fault(
        "cnncli/graph/building.py",
        "return math.ceil(field.size[0]), math.ceil(field.size[1])",
        "return math.floor(field.size[0]), math.floor(field.size[1])",
        ("tests/graph/test_receptive_field.py",),
    ),
    "running-statistics-count-as-parameters": Fault(
        "cnncli/graph/building.py",
        "for parameter in parameters if parameter.learned)",
        "for parameter in parameters)",
        ("tests/graph/test_building.py",),
    ),
    "rows-that-no-window-reaches-are-seen": Fault(
        "cnncli/layers/geometry.py",
        "return max(0, length - end)",
        "return 0",
        ("tests/layers/test_geometry.py",),
    ),
    "unused-input-of-pools-is-not-counted": Fault(
        "cnncli/graph/mending/unused_input.py",
        "0 if size == 1 else lost",
        "0 if size <= 2 else lost",
        ("tests/graph/mending/test_unused_input.py",),
    ),
    "the-context-after-a-pixel-does-not-grow": Fault(
        "cnncli/graph/context.py",
        "bounds[source][1] + after * jumps[source]",
        "bounds[source][1] + after",
        ("tests/graph/test_context.py",),
    ),
    "a-bar-binds-tighter-than-arrows": Fault(
        "cnncli/notation/grammar.py",
        "(Stack, Sequence, Sum, Product)",
        "(Sequence, Stack, Sum, Product)",
        ("tests/notation/test_grammar.py",),
    ),
    "repetitions-of-repetitions-add-up": Fault(
        "cnncli/notation/expression.py",
        "Repeat(count * body.count, body.body)",
        "Repeat(count + body.count, body.body)",
        ("tests/notation/test_expression.py::test_the_canonical_text_is_short",),
    ),
    "a-repeated-product-is-written-without-parentheses": Fault(
        "cnncli/notation/expression.py",
        "wrap(self.body, self.tightness + 1)",
        "wrap(self.body, self.tightness)",
        ("tests/notation/test_expression.py::test_the_canonical_text_is_short",),
    ),
    "settings-by-position-are-taken-from-behind": Fault(
        "cnncli/settings.py",
        "key = names[position] if name is None else name",
        "key = names[-1 - position] if name is None else name",
        ("tests/notation/test_expansion.py",),
    ),
    "a-setting-is-written-by-position-behind-one-left-out": Fault(
        "cnncli/settings.py",
        "            by_position = False\n            continue\n",
        "            continue\n",
        ("tests/notation/test_expression.py::test_the_canonical_text_is_short",),
    ),
    "resnet50-halves-in-its-1x1-convolutions": Fault(
        "cnncli/presets/resnet_bottleneck.cnn",
        "conv(n, 1, bias=no) >> bn >> relu >> conv(n, 3, stride, pad=1, bias=no)",
        "conv(n, 1, stride, bias=no) >> bn >> relu >> conv(n, 3, pad=1, bias=no)",
        ("tests/presets/test_presets.py::test_a_published_network_has_its_published_size",),
    ),
    "a-pool-between-stages-is-left-out-first": Fault(
        "cnncli/presets/adaptation.py",
        "Identity() if max(layer.size) > max(layer.steps) > 1 else None",
        "Identity() if max(layer.steps) > 1 else None",
        ("tests/presets/test_adaptation.py::test_vgg_keeps_its_pools_as_long_as_they_fit",),
    ),
    "an-adapted-window-keeps-its-padding": Fault(
        "cnncli/presets/adaptation.py",
        'changes["pad"] = tuple((length - 1) // 2 for length in size)',
        "pass",
        ("tests/presets/test_adaptation.py::test_a_stride_of_four_goes_in_one_change",),
    ),
}

LOSSES_AND_TASKS = {
    "labels-are-not-smoothed": Fault(
        "cnncli/losses/cross_entropy.py",
        "return replace(self, smoothing=smoothing)",
        "return self",
        ("tests/losses/test_base.py",),
    ),
    "a-weighted-mean-divides-by-the-number-of-samples": Fault(
        "cnncli/losses/cross_entropy.py",
        "total: float = elementwise.sum_weights(rows, weights, labels)",
        "total = float(rows)",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "a-rare-class-is-doubted-for-its-rarity": Fault(
        "cnncli/losses/cross_entropy.py",
        "np.add(output[:n], offsets, out=adjusted[:n])",
        "np.subtract(output[:n], offsets, out=adjusted[:n])",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "a-rare-label-weighs-less": Fault(
        "cnncli/losses/binary_cross_entropy.py",
        "missing / np.maximum(given, 1)",
        "given / np.maximum(missing, 1)",
        ("tests/losses/test_binary_cross_entropy.py",),
    ),
    "thresholds-are-those-before-the-temperature": Fault(
        "cnncli/training/calibration.py",
        "calibrated, task.learn_from_validation(calibrated)",
        "calibrated, task.learn_from_validation(judged)",
        ("tests/training/test_calibration.py",),
    ),
    "a-shifted-copy-is-not-brought-back": Fault(
        "cnncli/engine/copies.py",
        "np.roll(mirrored, -self.shift, (0, 1))",
        "np.roll(mirrored, self.shift, (0, 1))",
        ("tests/engine/test_copies.py", "tests/engine/test_tiling.py"),
    ),
    "the-loss-of-an-image-is-the-sum-over-its-pixels": Fault(
        "cnncli/losses/cross_entropy.py",
        "sums[:, 0] / np.maximum(sums[:, 1], 1)",
        "sums[:, 0]",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "the-loss-is-the-mean-over-the-batch-size": Fault(
        "cnncli/losses/distance.py",
        "return float(losses[:n].sum()) / n",
        "return float(losses[:n].sum()) / len(losses)",
        ("tests/losses/test_distance.py",),
    ),
    "dice-counts-classes-that-do-not-occur": Fault(
        "cnncli/losses/dice.py",
        "seen = counts > 0",
        "seen = counts >= 0",
        ("tests/losses/test_dice.py",),
    ),
    "equally-likely-classes-are-named-in-reverse-order": Fault(
        "cnncli/tasks/classification/task.py",
        'np.argsort(-output, kind="stable")[: top_k or 1]',
        'np.argsort(output, kind="stable")[::-1][: top_k or 1]',
        ("tests/tasks/classification/test_task.py",),
    ),
    "the-confusion-matrix-is-transposed": Fault(
        "cnncli/tasks/classification/task.py",
        "(judged.label, judged.predicted), 1)",
        "(judged.predicted, judged.label), 1)",
        ("tests/tasks/classification/test_task.py",),
    ),
    "labels-are-matched-by-position": Fault(
        "cnncli/tasks/classification/task.py",
        "number = {name: i for i, name in enumerate(self.outputs)}",
        "number = {name: i for i, name in enumerate(sorted(set(samples.labels)))}",
        ("tests/tasks/classification/test_task.py",),
    ),
    "precision-and-recall-are-swapped": Fault(
        "cnncli/tasks/class_figures.py",
        "counts = zip(confusion.diagonal(), claimed, confusion.sum(1), strict=True)",
        "counts = zip(confusion.diagonal(), confusion.sum(1), claimed, strict=True)",
        ("tests/tasks/classification/test_task.py",),
    ),
    "calibration-bins-are-closed-below": Fault(
        "cnncli/tasks/metrics.py",
        "np.ceil(confidence * ECE_BINS).astype(int) - 1",
        "np.floor(confidence * ECE_BINS).astype(int)",
        ("tests/tasks/test_metrics.py",),
    ),
    "the-interval-is-that-of-wald": Fault(
        "cnncli/tasks/metrics.py",
        "half = math.sqrt(weight * share * (1 - share) + weight**2 / 4) / (1 + weight)",
        "half = math.sqrt(weight * share * (1 - share))",
        ("tests/tasks/test_metrics.py",),
    ),
    "equal-chances-are-thresholds-apart": Fault(
        "cnncli/tasks/metrics.py",
        "levels[1:] != levels[:-1]",
        "levels[1:] <= levels[:-1]",
        ("tests/tasks/test_metrics.py",),
    ),
    "the-union-counts-hits-twice": Fault(
        "cnncli/tasks/segmentation/map_figures.py",
        "share(hits, support + claimed - hits)",
        "share(hits, support + claimed)",
        ("tests/tasks/segmentation/test_task.py",),
    ),
    "small-masks-weigh-as-much-as-large-ones": Fault(
        "cnncli/tasks/segmentation/map_figures.py",
        "finite_or_none(pixels @ loss / max(total, 1))",
        "finite_or_none(loss.mean())",
        ("tests/tasks/segmentation/test_task.py",),
    ),
    "numbers-are-matched-by-position": Fault(
        "cnncli/tasks/reading.py",
        "[samples.columns.index(name) for name in names]",
        "list(range(len(names)))",
        ("tests/tasks/regression/test_task.py",),
    ),
    "a-label-needs-more-than-its-threshold": Fault(
        "cnncli/tasks/multi_label/task.py",
        "if chances[k] >= needed[k]",
        "if chances[k] > needed[k]",
        ("tests/tasks/multi_label/test_task.py",),
    ),
}

DATA = {
    "logits-are-multiplied-by-the-temperature": Fault(
        "cnncli/training/calibration.py",
        "weights[name] / np.float32(temperature)",
        "weights[name] * np.float32(temperature)",
        ("tests/training/test_calibration.py",),
    ),
    "a-few-samples-change-all-confidence": Fault(
        "cnncli/tasks/classification/task.py",
        "len(judged) < FEWEST or",
        "len(judged) < 1 or",
        ("tests/tasks/classification/test_task.py",),
    ),
    "what-is-set-aside-depends-on-the-other-samples": Fault(
        "cnncli/data/split.py",
        "aside = places < fraction",
        "aside = np.argsort(np.argsort(places)) < round(len(places) * fraction)",
        ("tests/data/test_split.py",),
    ),
    "what-is-set-aside-depends-on-the-folder": Fault(
        "cnncli/data/split.py",
        "[compute_place(key) for key in samples.keys]",
        "[compute_place(name) for name in samples.names]",
        ("tests/data/test_split.py",),
    ),
    "samples-are-not-shuffled": Fault(
        "cnncli/data/batches/loader.py",
        "drawn = order(self.seed, number, self.samples)",
        "drawn = np.arange(self.samples)",
        ("tests/data/batches/test_loader.py",),
    ),
    "both-corners-of-a-tile-are-one-draw": Fault(
        "cnncli/data/batches/tiles.py",
        '("tile row", "tile column")',
        '("tile row", "tile row")',
        ("tests/data/batches/test_tiles.py",),
    ),
    "scales-belong-to-other-channels": Fault(
        "cnncli/data/normalization.py",
        "scale=round_to_float32(scale),",
        "scale=round_to_float32(scale[::-1]),",
        ("tests/data/test_normalization.py",),
    ),
    "exif-orientations-are-ignored": Fault(
        "cnncli/data/images/modes.py",
        "return value if isinstance(value, int) and 1 <= value <= 8 else 1",
        "return 1",
        ("tests/data/images/test_modes.py",),
    ),
    "transverse-images-are-transposed": Fault(
        "cnncli/data/images/modes.py",
        "if turn in {2, 3, 6, 7}:",
        "if turn in {2, 3, 6}:",
        ("tests/data/images/test_modes.py",),
    ),
    "16-bit-gray-is-cut-to-8-bits": Fault(
        "cnncli/data/images/depth.py",
        "(block.astype(np.uint32) + 128) // 257 if gray",
        "block // 256 if gray",
        ("tests/data/images/test_depth.py",),
    ),
    "what-is-transparent-is-black": Fault(
        "cnncli/data/images/modes.py",
        'Image.new("RGBA", strip.size, "white")',
        'Image.new("RGBA", strip.size, "black")',
        ("tests/data/images/test_modes.py",),
    ),
    "pad-cuts-as-crop-does": Fault(
        "cnncli/data/images/preprocessing.py",
        "zoom = min(self.width / image.width, self.height / image.height)",
        "zoom = max(self.width / image.width, self.height / image.height)",
        ("tests/data/images/test_preprocessing.py",),
    ),
    "masks-are-matched-by-the-indices-of-their-palettes": Fault(
        "cnncli/data/maps/classes.py",
        "enumerate(colors) if other == color",
        "enumerate(known) if other == number",
        ("tests/data/maps/test_classes.py",),
    ),
    "levels-of-masks-stand-in-the-order-of-their-names": Fault(
        "cnncli/data/maps/levels.py",
        "for key in sorted(names) if",
        "for key in names if",
        ("tests/data/maps/test_levels.py",),
    ),
    "the-label-is-in-the-last-column": Fault(
        "cnncli/data/formats/columns.py",
        "return next((folded.index(word) for word in known if word in folded), None)",
        "return len(names) - 1 if set(known) & set(folded) else None",
        ("tests/data/formats/test_listing.py",),
    ),
    "one-image-in-color-is-many": Fault(
        "cnncli/data/shapes.py",
        "shape[2] in (network[2], *ALONE)",
        "shape[2] in (network[2],)",
        ("tests/data/test_shapes.py",),
    ),
    "one-hot-rows-are-several-labels": Fault(
        "cnncli/data/formats/targets.py",
        '"classify" if one_hot else "multi-label",',
        '"multi-label",',
        ("tests/data/formats/test_targets.py",),
    ),
    "lists-for-parts-are-classes": Fault(
        "cnncli/data/formats/part_lists.py",
        'if "train" not in lists or',
        'if "val" not in lists or',
        ("tests/data/formats/test_part_lists.py",),
    ),
    "24-bit-samples-have-no-sign": Fault(
        "cnncli/data/signals/wav.py",
        'slice(1, 4) if wav.order == "<"',
        'slice(0, 3) if wav.order == "<"',
        ("tests/data/signals/test_wav.py",),
    ),
    "resampling-changes-the-volume": Fault(
        "cnncli/data/signals/resample.py",
        "periods * wanted_step, axis=0) * (wanted_step / step)",
        "periods * wanted_step, axis=0)",
        ("tests/data/signals/test_resample.py",),
    ),
    "the-last-batch-may-be-a-single-sample": Fault(
        "cnncli/data/batches/batch.py",
        "        cuts[-2] -= 1\n",
        "        pass\n",
        ("tests/data/batches/test_batch.py",),
    ),
    "the-epoch-is-ignored": Fault(
        "cnncli/randomness.py",
        "for number in (seed, epoch):",
        "for number in (seed,):",
        ("tests/test_randomness.py",),
    ),
    "the-purpose-is-ignored": Fault(
        "cnncli/randomness.py",
        "start = _hash_purpose(purpose)",
        'start = _hash_purpose("")',
        ("tests/test_randomness.py",),
    ),
}

AUGMENTATION = {
    "all-steps-draw-the-same": Fault(
        "cnncli/augment/draws.py",
        'f"augment {self.step} {purpose}"',
        'f"augment {purpose}"',
        ("tests/augment/test_augmentation.py",),
    ),
    "draws-forget-the-epoch": Fault(
        "cnncli/augment/draws.py",
        "randomness.draw(self.seed, self.epoch, self.samples",
        "randomness.draw(self.seed, 0, self.samples",
        ("tests/augment/test_contract.py",),
    ),
    "moves-are-joined-in-reverse-order": Fault(
        "cnncli/augment/augmentation.py",
        "reduce(np.matmul, moves, start_matrices(len(draws)))",
        "reduce(np.matmul, [*moves][::-1], start_matrices(len(draws)))",
        ("tests/augment/test_augmentation.py",),
    ),
    "colors-are-mixed-in-reverse-order": Fault(
        "cnncli/augment/augmentation.py",
        "reduce(np.matmul, reversed(colors))",
        "reduce(np.matmul, colors)",
        ("tests/augment/test_augmentation.py",),
    ),
    "alternating-flips-do-not-alternate": Fault(
        "cnncli/augment/draws.py",
        "!= np.uint64(self.epoch % 2)",
        "!= np.uint64(0)",
        ("tests/augment/test_flips.py",),
    ),
    "a-share-of-the-height-moves-across": Fault(
        "cnncli/augment/shifts.py",
        'draws.whole(-across, across, "across")',
        'draws.whole(-down, down, "across")',
        ("tests/augment/test_shifts.py",),
    ),
    "contrast-moves-levels-from-black": Fault(
        "cnncli/augment/color.py",
        "(1 - factors) * MIDDLE",
        "0",
        ("tests/augment/test_color.py",),
    ),
    "saturation-does-not-keep-the-luma": Fault(
        "cnncli/augment/color.py",
        "(1 - factors) * LUMA",
        "(1 - factors) / 3",
        ("tests/augment/test_color.py",),
    ),
    "a-blur-makes-images-darker": Fault(
        "cnncli/augment/noise.py",
        "weights / weights.sum(axis=1, keepdims=True)",
        "weights / weights.sum(axis=1, keepdims=True).max()",
        ("tests/augment/test_noise.py",),
    ),
    "a-sample-is-mixed-with-itself": Fault(
        "cnncli/augment/augmentation.py",
        "draws.whole(1, max(1, count - 1)",
        "draws.whole(0, max(1, count - 1)",
        ("tests/augment/test_mixing.py",),
    ),
    "cutmix-counts-what-lies-beyond-the-image": Fault(
        "cnncli/augment/mixing.py",
        "1 - (bottom - top) * (right - left) / (height * width)",
        "1 - sides**2",
        ("tests/augment/test_mixing.py",),
    ),
    "mixed-images-keep-the-other-ones-label": Fault(
        "cnncli/data/batches/loader.py",
        "shares * first + (1 - shares) * second",
        "(1 - shares) * first + shares * second",
        ("tests/data/batches/test_loader.py",),
    ),
    "the-other-of-two-mixed-images-is-not-augmented-by-its-own-draws": Fault(
        "cnncli/data/batches/loader.py",
        "self._prepare(replace(draws, samples=indices), others)",
        "self._prepare(draws, others)",
        ("tests/data/batches/test_loader.py",),
    ),
    "the-steps-of-a-policy-draw-the-same": Fault(
        "cnncli/augment/policies.py",
        "drawn = draws.within(place)",
        "drawn = draws",
        ("tests/augment/test_policies.py",),
    ),
    "the-shares-of-mixup-are-not-spread-as-beta": Fault(
        "cnncli/augment/draws.py",
        "** (-1 / alpha) - 1",
        "** (-2 / alpha) - 1",
        ("tests/augment/test_draws.py",),
    ),
    "masks-do-not-move": Fault(
        "cnncli/data/batches/tiles.py",
        "sample_classes(classes, matrix[0],",
        "sample_classes(classes, to_source(np.eye(3)[None], (height, width), middle)[0],",
        ("tests/data/batches/test_tiles.py",),
    ),
}

MODELS_AND_TRAINING = {
    "checksums-of-arrays-are-not-compared": Fault(
        "cnncli/model_file/reader.py",
        "if hashlib.sha256(data).hexdigest() != digest:",
        "if not digest:",
        ("tests/model_file/test_archive.py",),
    ),
    "shapes-of-arrays-are-not-compared": Fault(
        "cnncli/model_file/reader.py",
        "any(entry.get(key) != needed[key] for key in needed)",
        'entry.get("name") != name',
        ("tests/model_file/test_archive.py",),
    ),
    "files-are-written-in-place": Fault(
        "cnncli/model_file/atomic.py",
        "        _replace(Path(path).resolve(), data)\n",
        '        with Path(path).open("wb") as stream:\n            _write(stream, data)\n',
        ("tests/model_file/test_atomic.py",),
    ),
    "weights-of-another-shape-are-loaded": Fault(
        "cnncli/engine/weights.py",
        "if name not in arrays or arrays[name].shape != parameter.shape:",
        "if name not in arrays:",
        ("tests/engine/test_weights.py",),
    ),
    "a-gradient-is-that-of-the-class-of-an-earlier-input": Fault(
        "cnncli/trained/probe.py",
        "if outputs is None else outputs[rows]",
        "if outputs is None else outputs[:n]",
        ("tests/trained/test_probe.py",),
    ),
    "gradients-keep-the-classes-of-the-last-call": Fault(
        "cnncli/trained/probe.py",
        "            dy[:] = 0\n",
        "",
        ("tests/trained/test_probe.py",),
    ),
    "relus-pass-gradients-as-they-did-before": Fault(
        "cnncli/trained/probe.py",
        "key = (most, keep, gradients, relu, end)",
        "key = (most, keep, gradients, end)",
        ("tests/trained/test_probe.py",),
    ),
    "only-the-first-batch-is-kept": Fault(
        "cnncli/trained/probe.py",
        "results[name][rows] = value[: rows.stop - rows.start]",
        "results[name][: rows.stop - rows.start] = value[: rows.stop - rows.start]",
        ("tests/trained/test_probe.py",),
    ),
    "a-sample-is-not-normalized": Fault(
        "cnncli/trained/sample.py",
        "    preprocessing.normalize(values[None], np.zeros(1, np.int64), normalized)\n",
        "    normalized[0] = values\n",
        ("tests/trained/test_sample.py",),
    ),
    "negative-values-are-dead": Fault(
        "cnncli/inspection/figures.py",
        "np.any(values.reshape(len(values), -1) != 0, axis=1)",
        "np.any(values.reshape(len(values), -1) > 0, axis=1)",
        ("tests/inspection/test_figures.py",),
    ),
    "an-activation-is-found-behind-a-branch": Fault(
        "cnncli/inspection/layer_choice.py",
        "if len(readers) != 1 or",
        "if not readers or",
        ("tests/inspection/test_layer_choice.py",),
    ),
    "validation-with-stale-folded-weights": Fault(
        "cnncli/training/loop.py",
        "        self.runner.refresh()\n",
        "",
        ("tests/training/test_loop.py",),
    ),
    "the-last-of-equal-epochs-is-the-best": Fault(
        "cnncli/training/stopping.py",
        "if gain > min_delta:",
        "if gain >= min_delta:",
        ("tests/training/test_loop.py",),
    ),
    "the-training-loss-is-the-mean-over-batches": Fault(
        "cnncli/training/loop.py",
        "        state.loss_sum += loss * n\n        state.samples += n\n",
        "        mean = state.loss_sum / max(state.samples, 1)\n"
        "        state.samples += n\n"
        "        mean += (loss - mean) / state.batches\n"
        "        state.loss_sum = mean * state.samples\n",
        ("tests/training/test_loop.py",),
    ),
    "the-order-ignores-the-seed": Fault(
        "cnncli/training/loop.py",
        "            seed=settings.seed,\n",
        "",
        ("tests/training/test_loop.py",),
    ),
    "the-noise-ignores-the-seed": Fault(
        "cnncli/training/loop.py",
        "Clock(seed=settings.seed)",
        "Clock()",
        ("tests/training/test_loop.py",),
    ),
    "the-first-weights-ignore-the-seed": Fault(
        "cnncli/training/beginning.py",
        "weights.initialize(settings.init, settings.seed)",
        "weights.initialize(settings.init)",
        ("tests/training/test_loop.py",),
    ),
    "steps-of-the-optimizer-are-not-restored": Fault(
        "cnncli/training/loop.py",
        "        self.optimizer.steps = self.state.steps - self.first\n",
        "",
        ("tests/training/test_state.py",),
    ),
    "the-batches-done-are-not-restored": Fault(
        "cnncli/training/state.py",
        'if name not in ("weights", "moments", "average"):',
        'if name not in ("weights", "moments", "average", "batches"):',
        ("tests/training/test_state.py",),
    ),
    "data-are-compared-by-their-names-alone": Fault(
        "cnncli/data/checksums.py",
        "(before[:both] != now[:both]).any(axis=1)",
        "before[:both, NAME] != now[:both, NAME]",
        ("tests/data/test_checksums.py",),
    ),
    "long-epochs-have-no-checkpoint": Fault(
        "cnncli/training/saving.py",
        "isinstance(event, Step) and since >= LONG",
        "isinstance(event, Step) and since >= 9 * LONG",
        ("tests/training/test_saving.py",),
    ),
    "two-processes-share-the-lock": Fault(
        "cnncli/training/lock.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        ("tests/training/test_lock.py",),
    ),
    "checkpoints-have-figures-that-are-no-numbers-as-0": Fault(
        "cnncli/training/packing.py",
        "return value if math.isfinite(value) else str(float(value))",
        "return value if math.isfinite(value) else 0.0",
        ("tests/training/test_checkpoint.py",),
    ),
    "a-network-is-trained-further-with-its-temperature": Fault(
        "cnncli/training/further.py",
        "trained.model.weights, 1 / temperature)",
        "trained.model.weights, 1.0)",
        ("tests/training/test_further.py",),
    ),
    "more-epochs-go-on-in-the-old-schedule": Fault(
        "cnncli/training/loop.py",
        "self.schedule, steps - first, self.steps - first, warmup",
        "self.schedule, steps, self.steps, warmup",
        ("tests/training/test_further.py",),
    ),
    "signals-do-not-wait-for-the-step": Fault(
        "cnncli/commands/_training_events.py",
        "    with postpone_signals():\n        return next(events)\n",
        "    return next(events)\n",
        ("tests/commands/test_training_events.py",),
    ),
    "the-warm-up-begins-with-a-step-of-nothing": Fault(
        "cnncli/training/schedules.py",
        "return peak * (steps_done + 1) / (warmup + 1)",
        "return peak * steps_done / (warmup + 1)",
        ("tests/training/test_schedules.py",),
    ),
    "the-schedule-runs-during-the-warm-up": Fault(
        "cnncli/training/schedules.py",
        "schedule.factor((steps_done - warmup) /",
        "schedule.factor(steps_done /",
        ("tests/training/test_schedules.py",),
    ),
    "the-learning-rate-does-not-decay": Fault(
        "cnncli/training/schedules.py",
        "return peak * schedule.factor(",
        "return peak + 0 * schedule.factor(",
        ("tests/training/test_schedules.py",),
    ),
}

COMMANDS = {
    "failed-items-do-not-change-the-exit-code": Fault(
        "cnncli/commands/predict.py",
        "    if failed:\n",
        "    if failed == count:\n",
        ("tests/commands/test_predict.py::test_bad_images_are_reported_in_their_place_as_json",),
    ),
    "a-gate-is-held-by-what-lies-below": Fault(
        "cnncli/commands/evaluate.py",
        "reached < fail_under",
        "reached > fail_under",
        (
            "tests/commands/test_evaluate.py::test_a_gate_that_is_not_met_ends_with_6_after_the_figures",
        ),
    ),
    "what-is-not-defined-passes-a-gate": Fault(
        "cnncli/commands/evaluate.py",
        "(reached is None or reached < fail_under)",
        "reached is not None and reached < fail_under",
        (
            "tests/commands/test_numbers_and_labels.py::test_a_figure_that_is_not_defined_holds_no_gate",
        ),
    ),
    "json-has-numbers-that-are-none": Fault(
        "cnncli/plain.py",
        "return None if isinstance(value, float) and not math.isfinite(value) else value",
        "return value",
        ("tests/test_terminal.py",),
    ),
    "terminals-obey-escape-sequences": Fault(
        "cnncli/terminal.py",
        "if character.isprintable() or ord(character) > 0x9F",
        "if character.isprintable() or ord(character) > 0x1A",
        ("tests/test_terminal.py",),
    ),
    "no-color-is-ignored": Fault(
        "cnncli/terminal.py",
        '        and not os.environ.get("NO_COLOR")\n',
        "",
        ("tests/test_terminal.py",),
    ),
    "zero-is-not-in-the-middle-of-the-colors": Fault(
        "cnncli/render/colors.py",
        "np.abs(_keep_finite(values)).max(initial=0)",
        "_keep_finite(values).max(initial=0)",
        ("tests/render/test_colors.py",),
    ),
    "a-nan-has-the-color-of-a-number": Fault(
        "cnncli/render/colors.py",
        "        colors[np.isnan(values).any(axis=-1)] = NOT_A_NUMBER\n",
        "",
        ("tests/render/test_colors.py",),
    ),
}

PYTHON_FAULTS = {
    **LAYERS,
    **ENGINE,
    **GRAPH_AND_NOTATION,
    **LOSSES_AND_TASKS,
    **DATA,
    **AUGMENTATION,
    **MODELS_AND_TRAINING,
    **COMMANDS,
}
