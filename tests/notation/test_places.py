from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.notation.expression import Identity, Leaf
from cnncli.notation.places import find_places, get_part, replace_part

TEXT = "relu >> 2 * ((tanh >> sigmoid) + id >> elu) >> (silu | gelu)"


def test_places_come_in_the_order_of_the_nodes():
    expression = parse(TEXT)
    parts = [get_part(expression, place) for place in find_places(expression)]
    nodes = build_graph(expression, (4, 4, 1)).nodes
    assert len(parts) == len(nodes)
    for part, node in zip(parts, nodes, strict=True):
        assert part.layer == node.layer if isinstance(part, Leaf) else node.layer.inputs is None


def changed(position, part, text=TEXT):
    expression = parse(text)
    return str(replace_part(expression, list(find_places(expression))[position], part))


def test_a_layer_is_replaced_where_it_stands():
    assert changed(0, parse("dropout")).startswith("dropout >> 2 *")
    assert changed(9, parse("dropout")).endswith("(dropout | gelu)")


def test_a_change_to_the_first_of_repeated_parts_is_one_to_all():
    assert changed(1, parse("bn")) == TEXT.replace("tanh", "bn")


def test_a_change_to_a_later_one_parts_the_repetition():
    text = "5 * (relu >> tanh)"
    assert changed(4, parse("bn"), text) == "2 * (relu >> tanh) >> bn >> tanh >> 2 * (relu >> tanh)"
    assert changed(8, parse("bn"), text) == "4 * (relu >> tanh) >> bn >> tanh"


def test_a_layer_can_be_left_out():
    assert changed(1, Identity(), "relu >> tanh >> elu") == "relu >> elu"
    assert changed(0, Identity(), "relu") == "id"
    assert changed(0, Identity(), "relu + tanh") == "id + tanh"
