import numpy as np
import pytest
from contract import IMAGES, PREDICTION, TRAINING, Bench

from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.notation import parse


def normalize(x, axes, eps=1e-5):
    """Return x with mean 0 and variance 1 over some axes, in float64."""
    x = x.astype(np.float64)
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


@pytest.mark.parametrize("setup", [TRAINING, PREDICTION], ids=["training", "prediction"])
@pytest.mark.parametrize(
    ("text", "axes"),
    [("group_norm(3)", (1, 2, 4)), ("instance_norm", (1, 2)), ("layer_norm", (3, 4))],
)
def test_a_sample_is_normalized_by_its_own_statistics(text, axes, setup):
    bench = Bench(parse(text).layer, ((4, 5, 12),), setup)
    bench.site.x[0][:] += 100  # which single precision forgives
    bench.forward(IMAGES)
    x = bench.site.x[0][:IMAGES].reshape(IMAGES, 4, 5, 3, 4)
    normal = normalize(x, axes).reshape(IMAGES, 4, 5, 12)
    expected = normal * bench.files["weight"] + bench.files["bias"]
    assert np.allclose(bench.site.y[:IMAGES], expected, atol=2e-5)


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ArchitectureError, match="10 channels do not divide into 4 groups; use a"):
        parse("group_norm(4)").layer.output_shape((3, 3, 10))


def test_a_vector_has_no_channels_to_normalize_by_themselves():
    with pytest.raises(ArchitectureError, match="its input is a vector of 12"):
        parse("instance_norm").layer.output_shape((12,))


@pytest.mark.parametrize(
    ("text", "everything"),
    [("group_norm(2)", True), ("instance_norm", True), ("layer_norm", False)],
)
def test_what_takes_statistics_of_an_image_sees_all_of_it(text, everything):
    (node,) = build_graph(parse(text), (9, 9, 4)).nodes
    assert node.receptive_field == ((9, 9) if everything else (1, 1))
