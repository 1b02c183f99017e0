"""Our own models, written as ONNX and read again."""

import numpy as np
import pytest
from onnx_files import answer, compare, onnx, read
from onnx_networks import make_model

from cnncli.exchange.onnx_out import build_onnx

NETWORKS = pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("conv(6, 5, pad=2) >> bn >> relu >> maxpool >> dropout >> dense(classes)", (9, 12, 3)),
        ("conv(4, 3) >> 2 * ((conv(4, 3, pad=1) >> bn) + id >> relu) >> dense(classes)", (7, 8, 2)),
        ("conv(6, 3, pad=same) >> tanh >> maxpool(2) >> dense(classes)", (20, 2)),
        (
            "conv(8, 3) >> avgpool(3, 1, 1, include_pad=no) >> shuffle(4) >> crop(1x0, 0x2) >> "
            "dense(classes)",
            (7, 8, 2),
        ),
        ("deconv(4, 3, 2) >> (depthwise(3, 2) | maxpool(3, 2)) >> conv(classes, 1)", (5, 6, 3)),
    ],
)


def write(path, model, **settings):
    path.write_bytes(build_onnx(model, **settings).encode())
    return path


@NETWORKS
def test_a_network_that_was_not_folded_comes_back_bit_for_bit(tmp_path, text, shape):
    model = make_model(text, shape)
    again = read(write(tmp_path / "net.onnx", model, fold=False))
    assert again.arch == model.graph.text
    assert (again.classes, again.preprocessing) == (model.classes, model.preprocessing)
    assert again.weights.keys() == model.weights.keys()
    for name, array in model.weights.items():
        assert (again.weights[name] == array).all(), name


@NETWORKS
@pytest.mark.parametrize("embed", [False, True])
def test_a_folded_network_answers_the_same(tmp_path, text, shape, embed):
    model = make_model(text, shape)
    again = read(write(tmp_path / "net.onnx", model, embed=embed))
    assert (again.classes, again.preprocessing) == (model.classes, model.preprocessing)
    samples = np.random.default_rng(1).standard_normal((2, *shape)).astype(np.float32)
    ours, theirs = answer(model, samples), answer(again, samples)
    assert np.abs(ours - theirs).max() < 1e-5 * np.ptp(ours)


@NETWORKS
def test_without_what_it_says_of_itself_the_graph_is_enough(tmp_path, text, shape):
    path = write(tmp_path / "net.onnx", make_model(text, shape), fold=False)
    content = onnx.load(path)
    del content.metadata_props[:]
    onnx.save(content, path)
    again = read(path, input_shape=shape)
    assert compare(path, again) < 1e-5
    text = text.replace("dropout >> ", "").replace("pad=same", "pad=1")
    assert again.arch == make_model(text, shape).graph.text
