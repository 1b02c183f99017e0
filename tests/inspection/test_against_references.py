"""Every method beside its formula, on other people's gradients: NumPy in float64, and PyTorch."""

import numpy as np
import pytest
from reference_network import Network

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.inspection import find_method
from cnncli.inspection.base import Subject
from cnncli.model_file import Model
from cnncli.notation import parse
from cnncli.tasks import Classification
from cnncli.trained.model import Trained
from cnncli.trained.sample import Sample

TOLERANCE = 1e-4  # of the largest value
CLASSES = ("a", "b", "c")
SHAPE = (16, 12, 3)

# Networks with bn, pools and branches, and the layer with their last maps.
NETWORKS = {
    "plain": (
        "conv(6, 3, pad=1) >> bn >> relu >> maxpool >> conv(8, 3, pad=1) >> relu >> avgpool"
        " >> conv(9, 3, pad=1) >> bn >> relu >> maxpool >> dense(10) >> relu >> dense(3)",
        "relu3",
    ),
    "residual": (
        "conv(6, 3, pad=1) >> bn >> relu >> maxpool"
        " >> (conv(6, 3, pad=1) >> bn >> relu >> conv(6, 3, pad=1) >> bn) + id >> relu"
        " >> global_avgpool >> dense(3)",
        "relu3",
    ),
    "inception": (
        "conv(6, 3, pad=1) >> relu >> maxpool"
        " >> (conv(4, 1) >> relu | conv(5, 3, pad=1) >> bn >> relu | maxpool(3, 1, 1))"
        " >> conv(7, 1) >> relu >> dense(3)",
        "relu4",
    ),
}


def open_network(text):
    graph = build_graph(parse(text), SHAPE)
    weights = Weights(graph)
    weights.initialize("he", 0)
    arrays = weights.dump()
    generator = np.random.default_rng(1)
    for name, array in arrays.items():  # nothing stays zero or one, as it is in the beginning
        if array.ndim == 1:
            array[:] = generator.uniform(0.1, 1, array.shape) * (1 if "var" in name else 0.5)
    model = Model(text, SHAPE, {}, list(CLASSES), arrays)
    return Trained(model, Preprocessing(*SHAPE), Classification(CLASSES))


class NumpyOracle:
    """Answers, maps and gradients in float64."""

    def __init__(self, trained, relu="true"):
        self.network = Network(trained.graph, trained.weights, relu)

    def run(self, inputs, layer):
        return self.network.forward(inputs), self.network.values[layer]

    def differentiate(self, inputs, output, layer):
        one_hot = np.zeros((len(inputs), len(CLASSES)))
        one_hot[:, output] = 1
        self.network.forward(inputs)
        self.network.backward(one_hot)
        return self.network.gradients[layer]


class TorchOracle:
    """The same by PyTorch, whose hooks keep what passes."""

    def __init__(self, trained, relu="true"):
        pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
        from torch_twin import Twin

        self.twin = Twin(trained.graph, trained.model.weights, relu)

    def run(self, inputs, layer):
        logits = self._forward(inputs)
        return logits.detach().numpy(), self._read(layer, "detach")

    def differentiate(self, inputs, output, layer):
        self._forward(inputs)[:, output].sum().backward()
        return self._read(layer, "grad")

    def _forward(self, inputs):
        import torch

        self.images = torch.tensor(inputs.astype(np.float32), requires_grad=True)
        return self.twin.run(self.images)

    def _read(self, layer, what):
        if layer == "input":
            return self.images.grad.numpy()
        value = self.twin.values[layer]
        array = value.detach() if what == "detach" else value.grad
        return array.numpy().transpose(0, 2, 3, 1)


@pytest.fixture(params=NETWORKS, scope="module")
def network(request):
    text, last = NETWORKS[request.param]
    return open_network(text), last


@pytest.fixture(params=[NumpyOracle, TorchOracle], ids=["numpy", "torch"])
def make_oracle(request):
    return request.param


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(2).normal(size=SHAPE).astype(np.float32)


def find(text, trained, x, output="b"):
    method = find_method(text)
    asked = {} if method.name == "eigencam" else {"output": output}
    return method.find(trained, Subject(Sample("x", x, x), **asked))


def enlarge(values):
    """Enlarge a map to the input bilinearly, with the corners of pixels aligned, as CAMs do."""
    for axis, length in enumerate(SHAPE[:2]):
        places = (np.arange(length) + 0.5) * values.shape[axis] / length - 0.5
        low = np.clip(np.floor(places).astype(int), 0, values.shape[axis] - 1)
        high = np.minimum(low + 1, values.shape[axis] - 1)
        share = np.clip(places - low, 0, 1)
        share = share[:, None] if axis == 0 else share
        values = values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    return values


def assert_close(found, wanted):
    assert np.abs(wanted).max() > 0
    assert np.abs(found - wanted).max() <= TOLERANCE * np.abs(wanted).max()


def test_saliency(network, make_oracle, x):
    gradient = make_oracle(network[0]).differentiate(x[None], 1, "input")[0]

    assert_close(find("saliency", network[0], x).values[0], np.abs(gradient).max(axis=2))


def test_gradient_x_input(network, make_oracle, x):
    gradient = make_oracle(network[0]).differentiate(x[None], 1, "input")[0]

    assert_close(find("gradient-x-input", network[0], x).values[0], (gradient * x).sum(axis=2))


@pytest.mark.parametrize("rule", ["guided", "deconv"])
def test_changed_relus(network, make_oracle, x, rule):
    gradient = make_oracle(network[0], rule).differentiate(x[None], 1, "input")[0]

    assert_close(find(rule, network[0], x).values[0], gradient.sum(axis=2))


def test_smoothgrad_without_noise_is_saliency(network, x):
    smooth = find("smoothgrad(samples=3, noise=0)", network[0], x)

    assert_close(smooth.values, find("saliency", network[0], x).values)


def test_smoothgrad_is_the_mean_over_copies_with_normal_noise(network, make_oracle, x):
    generator = np.random.Generator(np.random.PCG64(3))
    noise = generator.normal(0, 0.05 * (x.max() - x.min()), (400, *x.shape))
    gradients = make_oracle(network[0]).differentiate(x + noise, 1, "input")

    wanted = np.abs(gradients.mean(axis=0)).max(axis=2)
    found = find("smoothgrad(samples=400, noise=0.05)", network[0], x).values[0]

    spread = np.abs(gradients).std(axis=0).max()  # other draws: equal up to their chance
    assert np.abs(found - wanted).max() < 6 * spread * np.sqrt(2 / 400)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.9


def test_integrated_gradients(network, make_oracle, x):
    oracle = make_oracle(network[0])
    findings = find("integrated-gradients(steps=512)", network[0], x)

    shares = ((np.arange(512) + 0.5) / 512)[:, None, None, None]
    inputs = (shares * x).astype(np.float32)
    gradient = oracle.differentiate(inputs, 1, "input").mean(axis=0)
    wanted = (gradient * x).sum(axis=2)
    answers, _ = oracle.run(np.stack([np.zeros_like(x), x]), "relu1")
    assert np.abs(findings.values[0] - wanted).max() <= 1e-3 * np.abs(wanted).max()
    assert findings.figures["difference"] == pytest.approx(answers[1, 1] - answers[0, 1], rel=1e-4)
    assert findings.figures["completeness"] == pytest.approx(1, abs=0.01)


def test_occlusion(network, make_oracle, x):
    oracle, losses, covers = make_oracle(network[0]), np.zeros(SHAPE[:2]), np.zeros(SHAPE[:2])
    whole, _ = oracle.run(x[None], "relu1")
    for top in (0, 3, 6, 9, 11):
        for left in (0, 3, 6, 7):
            covered = x.copy()
            covered[top : top + 5, left : left + 5] = 0
            answer, _ = oracle.run(covered[None], "relu1")
            losses[top : top + 5, left : left + 5] += whole[0, 1] - answer[0, 1]
            covers[top : top + 5, left : left + 5] += 1

    assert_close(find("occlusion(5, 3)", network[0], x).values[0], losses / covers)


def read_maps(network, make_oracle, x):
    trained, last = network
    oracle = make_oracle(trained)
    _, maps = oracle.run(x[None], last)
    return maps[0].astype(np.float64), oracle.differentiate(x[None], 1, last)[0].astype(np.float64)


def test_gradcam(network, make_oracle, x):
    maps, gradients = read_maps(network, make_oracle, x)
    total = sum(gradients[..., k].mean() * maps[..., k] for k in range(maps.shape[2]))

    findings = find("gradcam", network[0], x)

    assert findings.layer == network[1]
    assert_close(findings.values[0], enlarge(np.maximum(total, 0)))


def test_gradcam_plus_plus(network, make_oracle, x):
    maps, gradients = read_maps(network, make_oracle, x)
    total = np.zeros(maps.shape[:2])
    for k in range(maps.shape[2]):
        g = gradients[..., k]
        below = 2 * g**2 + maps[..., k].sum() * g**3
        alpha = np.where(g != 0, g**2 / np.where(below == 0, 1, below), 0)
        total += (alpha * np.maximum(g, 0)).sum() * maps[..., k]

    assert_close(find("gradcam++", network[0], x).values[0], enlarge(np.maximum(total, 0)))


def test_layercam(network, make_oracle, x):
    maps, gradients = read_maps(network, make_oracle, x)
    total = (np.maximum(gradients, 0) * maps).sum(axis=2)

    assert_close(find("layercam", network[0], x).values[0], enlarge(np.maximum(total, 0)))


def test_eigencam(network, make_oracle, x):
    maps, _ = read_maps(network, make_oracle, x)
    _, _, directions = np.linalg.svd(maps.reshape(-1, maps.shape[2]))
    projection = maps @ directions[0]
    projection *= np.sign(projection.sum())

    findings = find("eigencam", network[0], x)

    assert findings.labels == (network[1],)
    assert_close(findings.values[0], enlarge(np.maximum(projection, 0)))


def test_scorecam(network, make_oracle, x):
    trained, last = network
    oracle = make_oracle(trained)
    maps = oracle.run(x[None], last)[1][0].astype(np.float64)
    scores = {}
    for k in range(maps.shape[2]):
        if maps[..., k].max() > maps[..., k].min():
            mask = enlarge(maps[..., k] - maps[..., k].min())
            mask /= maps[..., k].max() - maps[..., k].min()
            answer, _ = oracle.run((x * mask[..., None])[None], last)
            scores[k] = float(answer[0, 1])
    total = sum(np.exp(score) * maps[..., k] for k, score in scores.items())
    total /= sum(np.exp(score) for score in scores.values())

    assert_close(find("scorecam", trained, x).values[0], enlarge(np.maximum(total, 0)))
