"""Faults in the graph of a network: its nodes, shapes and receptive fields."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
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
}
