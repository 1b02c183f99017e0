"""Every layer there is stands under the contract, on the examples it gives of itself."""

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
