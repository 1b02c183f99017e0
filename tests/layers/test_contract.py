"""Every layer there is stands under the contract, on the examples it gives of itself."""

import numpy as np
import pytest
from contract import check_layer, list_examples

from cnncli.layers import LAYERS

EXAMPLES = list_examples()


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_gives_examples_of_itself_and_says_what_it_is(kind):
    assert any(layer.kind == kind for layer, _ in EXAMPLES)
    summary = LAYERS[kind].summary
    assert summary.endswith((".", ":")) and len(summary) < 100


@pytest.mark.parametrize(
    ("layer", "shapes"), EXAMPLES, ids=[f"{layer} on {shapes}" for layer, shapes in EXAMPLES]
)
def test_a_layer_keeps_the_contract(layer, shapes):
    check_layer(layer, *shapes)


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (layer, shapes)
        for layer, shapes in EXAMPLES
        if any(len(parameter.shape) > 1 for parameter in layer.parameters(*shapes).values())
    ],
    ids=str,
)
def test_a_column_of_a_layout_holds_the_values_of_one_filter(layer, shapes):
    weight = layer.parameters(*shapes)["weight"]
    filters = 1 + np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
    columns = weight.lay_columns(weight.pack(filters))
    held = {tuple(sorted(column)) for column in columns.T if column.any()}
    assert held == {tuple(sorted(one.reshape(-1))) for one in filters}
    assert np.array_equal(weight.pack_columns(columns), weight.pack(filters))
