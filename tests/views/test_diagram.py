"""What becomes of each layer in a diagram; how it looks is tested where it is drawn."""

import pytest
from contract import list_examples

from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.notation.expression import Leaf
from cnncli.render.diagram import Repeated
from cnncli.render.diagram.page import COLORS
from cnncli.render.diagram.parts import list_boxes
from cnncli.views.diagram import make_diagram

EXAMPLES = [(layer, shapes[0]) for layer, shapes in list_examples() if len(shapes) == 1]
FAMILIES = {
    "conv(2, 1)": "conv",
    "depthwise(1)": "conv",
    "maxpool": "pool",
    "avgpool": "pool",
    "l2pool": "pool",
    "global_avgpool": "pool",
    "global_maxpool": "pool",
    "deconv(2, 2)": "enlarge",
    "upsample": "enlarge",
    "dense(2)": "dense",
    "id + id": "add",
    "id * id": "multiply",
    "id | id": "stack",
}


def boxes_of(text, shape, **more):
    graph = build_graph(parse(text), shape)
    return list(list_boxes(make_diagram(graph, "", expand=False, **more).body))


@pytest.mark.parametrize(("text", "family"), FAMILIES.items())
def test_a_layer_has_the_color_of_its_family(text, family):
    assert boxes_of(text, (4, 4, 2))[-1].family == family
    assert family in COLORS


@pytest.mark.parametrize(
    ("layer", "shape"), EXAMPLES, ids=[f"{layer} on {shape}" for layer, shape in EXAMPLES]
)
def test_every_layer_there_is_has_a_box_that_begins_with_its_name(layer, shape):
    graph = build_graph(Leaf(layer), shape)
    _, box = list_boxes(make_diagram(graph, "", expand=False).body)
    assert box.lines[0].split()[0] == layer.kind
    assert box.full == str(layer)
    assert box.shape == graph.output_shape


def test_what_is_usual_is_not_written():
    assert boxes_of("conv(8, 3)", (9, 9, 1))[-1].lines == ("conv 3x3, 8",)
    assert boxes_of("conv(8, 3, 2)", (9, 9, 1))[-1].lines == ("conv 3x3, 8", "stride 2")
    assert boxes_of("maxpool(3)", (9, 9, 1))[-1].lines == ("maxpool 3x3",)
    assert boxes_of("maxpool(3, 3)", (9, 9, 1))[-1].lines == ("maxpool 3x3",)
    assert boxes_of("maxpool(3, 2)", (9, 9, 1))[-1].lines == ("maxpool 3x3", "stride 2")


def test_repeated_parts_of_a_large_network_are_drawn_once():
    graph = build_graph(parse("30 * (conv(2, 1) >> conv(2, 1))"), (4, 4, 2))
    parts = make_diagram(graph, "", expand=False).body.parts
    assert isinstance(parts[1], Repeated) and parts[1].count == 30
    assert len(list(list_boxes(make_diagram(graph, "", expand=True).body))) == 61
