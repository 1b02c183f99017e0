"""Faults in how a network is computed and learns: passes, memory, optimizers."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
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
        "    if first.residual or first.activation:\n        return None\n    (other,)",
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
    "a-shifted-copy-is-not-brought-back": Fault(
        "cnncli/engine/copies.py",
        "np.roll(mirrored, -self.shift, (0, 1))",
        "np.roll(mirrored, self.shift, (0, 1))",
        ("tests/engine/test_copies.py", "tests/engine/test_tiling.py"),
    ),
    "weights-of-another-shape-are-loaded": Fault(
        "cnncli/engine/weights.py",
        "if name not in arrays or arrays[name].shape != parameter.shape:",
        "if name not in arrays:",
        ("tests/engine/test_weights.py",),
    ),
}
