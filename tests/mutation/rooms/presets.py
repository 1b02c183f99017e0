"""Faults in the published networks."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
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
