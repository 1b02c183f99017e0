"""Networks of a few layers, and arrays under names of others that belong to them, or do not."""

import numpy as np
import pytest

from cnncli.errors import ArchitectureError
from cnncli.exchange.matching import match_arrays
from cnncli.graph import build_graph
from cnncli.notation import parse

TWO_CONVS = "conv(4, 3, pad=1) >> relu >> conv(4, 3, pad=1) >> dense(2)"


def make_graph(text, shape=(4, 4, 4)):
    return build_graph(parse(text, 2), shape)


def make_arrays(*modules):
    """Return arrays of modules, name: shapes of weight and bias (or just the weight's)."""
    arrays = {}
    for number, (module, *shapes) in enumerate(modules):
        for name, shape in zip(("weight", "bias"), shapes, strict=False):
            arrays[f"{module}.{name}"] = np.full(shape, number + 0.5, np.float32)
    return arrays


def bn(module, channels, value):
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {f"{module}.{name}": np.full(channels, value, np.float32) for name in names}
    return {**arrays, f"{module}.num_batches_tracked": np.int64(7)}


def first_values(graph, arrays, *, ordered):
    weights, _ = match_arrays(graph, arrays, ordered=ordered)
    return {name.partition("/")[0]: array.flat[0] for name, array in weights.items()}


CONV, DENSE = ((4, 4, 3, 3), (4,)), ((2, 64), (2,))


def test_names_of_our_layers_decide_whatever_the_order():
    arrays = make_arrays(("conv2", *CONV), ("dense1", *DENSE), ("conv1", *CONV))
    values = first_values(make_graph(TWO_CONVS), arrays, ordered=False)
    assert values == {"conv1": 2.5, "conv2": 0.5, "dense1": 1.5}


def test_other_names_are_taken_in_the_order_of_a_file_that_keeps_one():
    arrays = make_arrays(("b", *CONV), ("a", *CONV), ("head", *DENSE))
    values = first_values(make_graph(TWO_CONVS), arrays, ordered=True)
    assert values == {"conv1": 0.5, "conv2": 1.5, "dense1": 2.5}


def test_numbers_in_the_names_put_arrays_of_equal_shapes_in_order():
    arrays = make_arrays(("net.10", *CONV), ("net.12", *DENSE), ("net.9", *CONV))
    values = first_values(make_graph(TWO_CONVS), arrays, ordered=False)
    assert values == {"conv1": 2.5, "conv2": 0.5, "dense1": 1.5}


def test_arrays_of_different_shapes_need_no_order():
    graph = make_graph("conv(3, 3, pad=1) >> relu >> conv(4, 1) >> dense(2)")
    arrays = make_arrays(("z", (3, 4, 3, 3), (3,)), ("a", (4, 3, 1, 1), (4,)), ("m", (2, 64), (2,)))
    values = first_values(graph, arrays, ordered=False)
    assert values == {"conv1": 0.5, "conv2": 1.5, "dense1": 2.5}


def test_arrays_that_could_be_taken_for_one_another_are_refused_by_name():
    arrays = make_arrays(("left", *CONV), ("right", *CONV), ("head", *DENSE))
    with pytest.raises(ArchitectureError, match="1 pairs of arrays could be taken") as caught:
        match_arrays(make_graph(TWO_CONVS), arrays, ordered=False)
    (detail,) = caught.value.details
    assert detail == ("left and right, both weight 4x4x3x3, bias 4: which is conv1, which conv2?")


def test_names_of_a_known_network_that_contradict_the_order_of_the_file_are_refused():
    arrays = make_arrays(("layer1.1.conv1", *CONV), ("layer1.0.conv1", *CONV), ("fc", *DENSE))
    with pytest.raises(ArchitectureError, match="not that of their names for 2 layers"):
        match_arrays(make_graph(TWO_CONVS), arrays, ordered=True)


def test_bn_is_told_from_other_layers_and_its_count_of_batches_is_ignored():
    graph = make_graph("conv(4, 3, pad=1, bias=no) >> bn >> conv(4, 3, pad=1, bias=no) >> bn")
    arrays = {
        **bn("bn1", 4, 1), **bn("bn2", 4, 2),
        **make_arrays(("conv1", (4, 4, 3, 3)), ("conv2", (4, 4, 3, 3))),
    }  # fmt: skip
    renamed = {name.replace("conv", "module.c"): array for name, array in arrays.items()}
    renamed = {
        name if name.startswith("module.") else f"module.{name}": array
        for name, array in renamed.items()
    }
    values = first_values(graph, renamed, ordered=False)
    assert values == {"conv1": 0.5, "bn1": 1, "conv2": 1.5, "bn2": 2}


def test_all_that_is_missing_and_all_that_is_left_over_is_listed():
    arrays = make_arrays(("a", *CONV), ("extra", (5, 5)), ("head", *DENSE))
    with pytest.raises(ArchitectureError, match="not those of the architecture") as caught:
        match_arrays(make_graph(TWO_CONVS), arrays, ordered=True)
    assert set(caught.value.details) == {
        "layer conv2 weight 4x4x3x3, bias 4: nothing in the file fits",
        "extra weight 5x5: left over",
    }


def test_a_layer_of_our_name_with_another_shape_is_refused():
    arrays = make_arrays(("conv1", *CONV), ("conv2", (4, 4, 5, 5), (4,)), ("dense1", *DENSE))
    with pytest.raises(ArchitectureError, match="conv2 takes weight 4x4x3x3, bias 4; the file"):
        match_arrays(make_graph(TWO_CONVS), arrays, ordered=False)


@pytest.mark.parametrize(
    ("text", "shape", "stored"),
    [
        ("dense(2)", (4, 4, 4), (2, 4, 4, 4)),
        ("conv(4, 1)", (4, 4, 4), (4, 4)),
        ("conv(4, 3)", (8, 4), (4, 4, 3)),
    ],
    ids=["dense as convolution", "1x1 convolution as dense", "filters of a signal"],
)
def test_arrays_of_more_or_fewer_dimensions_are_reshaped(text, shape, stored):
    graph = make_graph(text, shape)
    numbers = np.arange(np.prod(stored), dtype=np.float32).reshape(stored)
    bias = np.zeros(stored[0], np.float32)
    weights, _ = match_arrays(graph, {"a.weight": numbers, "a.bias": bias}, ordered=False)
    (weight,) = (array for name, array in weights.items() if name.endswith("weight"))
    assert weight.ravel().tolist() == numbers.ravel().tolist()


def test_filters_lying_and_standing_are_not_taken_for_one_another():
    arrays = make_arrays(("a", (4, 4, 1, 3), (4,)))
    with pytest.raises(ArchitectureError, match="the weights in the file are not those"):
        match_arrays(make_graph("conv(4, 3x1)"), arrays, ordered=True)


def test_heads_for_training_alone_are_left_aside_and_said():
    arrays = make_arrays(("aux1.fc1", (9, 9), (9,)), ("c", (4, 4, 3, 3), (4,)))
    weights, notes = match_arrays(make_graph("conv(4, 3)"), arrays, ordered=True)
    assert set(weights) == {"conv1/weight", "conv1/bias"}
    assert notes == ("left aside: 2 arrays of heads that take part in trainings alone",)


@pytest.mark.parametrize(("eps", "count"), [(0.001, 1), (1e-5, 0)])
def test_an_eps_that_is_not_the_one_of_timm_is_said(eps, count):
    graph = make_graph(f"conv(4, 3, bias=no) >> bn(eps={eps})")
    arrays = {**make_arrays(("conv_stem", (4, 4, 3, 3))), **bn("bn1", 4, 1)}
    _, notes = match_arrays(graph, arrays, ordered=False)
    assert len(notes) == count
    assert all("whose bn has eps=1e-05" in note and "is 0.001" in note for note in notes)


def test_names_that_only_differ_in_the_mark_between_words_are_refused():
    arrays = {"a.weight": np.zeros((2, 64)), "a/weight": np.zeros((2, 64))}
    with pytest.raises(ArchitectureError, match="differ by / and"):
        match_arrays(make_graph("dense(2)"), arrays, ordered=True)


def test_names_of_any_letters_are_listed_where_they_do_not_fit():
    names = ("²", "9" * 5000, "x.²")
    arrays = make_arrays(*((name, (2, 3), (2,)) for name in names))
    with pytest.raises(ArchitectureError) as caught:
        match_arrays(make_graph("dense(2)"), arrays, ordered=False)
    assert len(caught.value.details) == 4
