import pytest
from contract import Bench, check_layer

from cnncli.errors import ArchitectureError
from cnncli.notation import parse

TEXTS = [
    "relu",
    "relu6",
    "leaky_relu",
    "leaky_relu(0.2)",
    "elu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "softmax",
]
SHAPES = [(5, 3, 7), (40,), (9, 2)]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_activations_keep_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


@pytest.mark.parametrize(
    ("text", "at_one", "at_minus_one"),
    [
        ("relu", 1, 0),
        ("relu6", 1, 0),
        ("leaky_relu(0.2)", 1, -0.2),
        ("elu", 1, -0.63212056),
        ("gelu", 0.84134475, -0.15865525),
        ("silu", 0.73105858, -0.26894142),
        ("sigmoid", 0.73105858, 0.26894142),
        ("tanh", 0.76159416, -0.76159416),
        ("clip(-0.5, 0.75)", 0.75, -0.5),
        ("clip(-2)", 1, -1),
        ("hard_sigmoid", 4 / 6, 2 / 6),
        ("hard_swish", 4 / 6, -2 / 6),
    ],
)
def test_activations_have_their_published_values(text, at_one, at_minus_one):
    bench = Bench(parse(text).layer, ((2,),))
    bench.site.x[0][0] = [1, -1]
    bench.forward(1)
    assert bench.site.y[0].tolist() == pytest.approx([at_one, at_minus_one], abs=2e-7)


def test_a_clip_whose_bounds_are_exchanged_is_refused():
    with pytest.raises(ArchitectureError, match="low is 2 and high 1; exchange them"):
        parse("clip(2)").layer.output_shape((3,))
