import pytest

from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.training.automatic import auto_architecture


@pytest.mark.parametrize("side", [1, 2, 3, 4, 7, 8, 16, 28, 32, 64, 96, 97, 128, 224, 500])
@pytest.mark.parametrize("images", [20, 50_000])
def test_the_automatic_network_fits_every_size(side, images):
    for shape in [(side, side, 1), (side, 2 * side, 3)]:
        built = build_graph(parse(auto_architecture(shape, images), 5), shape)
        assert built.output_shape == (5,)
        last = next(node for node in built.nodes if node.layer.kind == "global_avgpool")
        assert min(last.input_shapes[0][:2]) <= 6 or side > 96
