"""Faults in the layers."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
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
    "pixels-lie-in-the-corners-of-their-areas": Fault(
        "cnncli/layers/interpolation.py",
        "(p + 0.5) * self.length / self.count - 0.5",
        "p * self.length / self.count",
        ("tests/layers/test_interpolation.py",),
    ),
    "the-second-of-two-as-near-is-the-nearest": Fault(
        "cnncli/layers/interpolation.py",
        "np.ceil(places - 0.5)",
        "np.floor(places + 0.5)",
        ("tests/layers/test_interpolation.py",),
    ),
    "cubic-is-as-blunt-as-in-other-tools": Fault(
        "cnncli/layers/interpolation.py",
        "SHARPNESS = -0.75",
        "SHARPNESS = -0.5",
        ("tests/layers/test_interpolation.py", "tests/layers/test_resampling.py"),
    ),
    "an-interpolation-reaches-a-pixel-less": Fault(
        "cnncli/layers/interpolation.py",
        "math.ceil(half - offset + phase - step)",
        "math.ceil(half - offset + phase - step) - 1",
        ("tests/layers/test_interpolation.py",),
    ),
    "columns-are-resampled-for-the-rows-there-were": Fault(
        "cnncli/layers/resampling.py",
        "columns.sum_up(back=True), rows.count, channels",
        "columns.sum_up(back=True), rows.length, channels",
        ("tests/layers/test_resampling.py",),
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
        "filled = joined.reshape(groups, panels * LANES, channels, rows, columns)\n",
        "filled = joined.reshape(panels, groups, LANES, channels, rows, columns).swapaxes(0, 1)\n"
        "        filled = filled.reshape(groups, panels * LANES, channels, rows, columns)\n",
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
    "rows-that-no-window-reaches-are-seen": Fault(
        "cnncli/layers/geometry.py",
        "return max(0, length - end)",
        "return 0",
        ("tests/layers/test_geometry.py",),
    ),
}
