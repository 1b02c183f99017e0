"""Every layer there is stands under the contract."""

import importlib

from cnncli.layers import LAYERS

FAMILIES = [
    "conv",
    "pool",
    "dense",
    "activation",
    "norm",
    "dropout",
    "upsample",
    "junction",
    "take",
]


def test_every_layer_has_its_test_of_the_contract():
    from pathlib import Path

    text = "".join((Path(__file__).parent / f"test_{family}.py").read_text() for family in FAMILIES)
    missing = [
        kind
        for kind, layer in LAYERS.items()
        if kind not in text and f"{layer.__name__}()" not in text
    ]
    assert not missing


def test_every_layer_says_what_it_is():
    importlib.import_module("cnncli.layers")
    for layer in LAYERS.values():
        assert layer.summary.endswith((".", ":")) and len(layer.summary) < 100, layer.kind
