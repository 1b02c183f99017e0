import pytest

from cnncli.graph.mending.branches import vary_branches
from cnncli.notation import parse


def vary(text, *ends):
    return [str(variant) for variant in vary_branches(parse(text), ends)]


def test_pads_that_keep_sizes_come_first():
    assert vary("conv(3, 3) + id", (6, 6, 3), (8, 8, 3))[0] == "conv(3, 3, pad=1) + id"


def test_a_branch_that_does_nothing_gets_a_convolution_with_a_stride():
    assert "conv(3, 3, 2) + conv(3, 1, 2)" in vary("conv(3, 3, 2) + id", (4, 4, 3), (8, 8, 3))


@pytest.mark.parametrize(("operator", "end"), [("+", "conv(9, 1)"), ("*", "conv(9, 1)")])
def test_branches_of_other_widths_are_widened(operator, end):
    assert vary(f"conv(9, 1) {operator} id", (8, 8, 9), (8, 8, 3)) == [
        f"conv(9, 1) {operator} {end}",
        f"conv(3, 1) {operator} id",
    ]


def test_stacked_branches_may_differ_in_width():
    variants = vary("conv(9, 3) | id", (6, 6, 9), (8, 8, 3))
    assert variants[0] == "conv(9, 3, pad=1) | id"
    assert not any("conv(3, 3" in variant for variant in variants)


def test_a_repeated_layer_is_changed_in_all_its_runs():
    assert vary("2 * conv(3, 3) + id", (4, 4, 3), (8, 8, 3))[0] == "2 * conv(3, 3, pad=1) + id"
