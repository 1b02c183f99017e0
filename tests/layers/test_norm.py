import numpy as np
import pytest
from contract import IMAGES, PREDICTION, Bench, check_layer

from cnncli.notation import parse


@pytest.mark.parametrize("shape", [(5, 4, 3), (3, 3, 20), (7, 2), (6,)], ids=str)
@pytest.mark.parametrize("text", ["bn", "bn(0.3, eps=0.001)"])
def test_bn_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_bn_normalizes_by_the_batch_and_remembers_it_unbiased():
    bench = Bench(parse("bn(0.25)").layer, ((4, 5, 3),))
    mean, var = bench.files["running_mean"].copy(), bench.files["running_var"].copy()
    bench.forward(IMAGES)
    x = bench.site.x[0][:IMAGES].astype(np.float64).reshape(-1, 3)
    expected = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    expected = expected * bench.files["weight"] + bench.files["bias"]
    assert np.allclose(bench.site.y[:IMAGES].reshape(-1, 3), expected, atol=1e-5)
    assert np.allclose(bench.site.weights["running_mean"], 0.75 * mean + 0.25 * x.mean(0))
    assert np.allclose(bench.site.weights["running_var"], 0.75 * var + 0.25 * x.var(0, ddof=1))


def test_bn_predicts_with_the_running_statistics():
    bench = Bench(parse("bn").layer, ((2, 2, 3),), PREDICTION)
    bench.forward(1)
    bench.backward(1)
    scale, shift = bench.layer.fusing(PREDICTION, (2, 2, 3)).scale_and_shift(bench.files)
    assert np.allclose(bench.site.y[0], bench.site.x[0][0] * scale + shift, atol=1e-5)
    assert np.allclose(bench.dx[0][0], bench.dy[0] * scale, rtol=1e-6)
