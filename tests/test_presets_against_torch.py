"""PyTorch's answers, gradients and training steps of the presets, from weights in a model file.

PyTorch computes in float64, so that what is left is our rounding. A relu or a maximum decided by
the last digit sends a gradient elsewhere, in PyTorch's own float32 as in ours, and training goes
on from there; so gradients are compared to the last digits with bn that keeps values off zero, and
of a few batches one without such a decision is enough.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
from torch_networks import (  # noqa: E402
    EfficientNetB0,
    GoogLeNet,
    LeNet5,
    MobileNetV2,
    MobileNetV3Large,
    MobileNetV3Small,
    ResNet18,
    UNet,
    VggWithBn,
    WaveNet,
    named_tensors,
)

from cnncli import presets  # noqa: E402
from cnncli.engine import Plan, Weights  # noqa: E402
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer  # noqa: E402
from cnncli.graph import build_graph  # noqa: E402
from cnncli.layers.base import Setup  # noqa: E402
from cnncli.model_file import Model, load_model, save_model  # noqa: E402
from cnncli.notation import parse  # noqa: E402

BATCH, CLASSES, STEPS, RATE = 4, 5, 3, 1e-2
VGG = (
    "stage(n, times) = times * (conv(n, 3, pad=1) >> bn >> relu) >> maxpool(2)\n"
    "stage(64, 1) >> stage(128, 1) >> stage(256, 2) >> stage(512, 2) >> stage(512, 2)"
    " >> dense(128) >> relu >> dense(classes)"
)
NETWORKS = {
    "lenet5": (LeNet5, (32, 32, 1)),
    "vgg with bn": (VggWithBn, (32, 32, 3)),
    "resnet18": (ResNet18, (64, 64, 3)),
    "googlenet": (GoogLeNet, (64, 64, 3)),
    "mobilenet_v2": (MobileNetV2, (64, 64, 3)),
    "mobilenet_v3_small": (MobileNetV3Small, (64, 64, 3)),
    "mobilenet_v3_large": (MobileNetV3Large, (64, 64, 3)),
    "efficientnet_b0": (EfficientNetB0, (64, 64, 3)),
    "unet(8)": (UNet, (32, 32, 1)),
    "wavenet": (WaveNet, (640, 1)),
}


class Pair:
    """A preset and its twin, with the weights of one model file."""

    def __init__(self, name, path):
        twin, shape = NETWORKS[name]
        text = VGG if name == "vgg with bn" else presets.get(name).text
        text = text.replace(">> dropout(0.2) ", "")  # each library drops other values
        self.graph = build_graph(parse(text, CLASSES), shape)
        self.weights = Weights(self.graph)
        self.weights.initialize(seed=3)
        classes = [str(i) for i in range(CLASSES)]
        save_model(path, Model(self.graph.text, shape, {}, classes, self.weights.dump()))
        self.file = load_model(path).weights
        self.twin = twin(CLASSES).double()

    def begin(self, seed, gentle=False):
        """Load the weights of the file into both; draw a batch. With `gentle` bn, relus let all by.

        What bn answers with is then far enough above 0, and below the 6 of relu6.
        """
        numbers = np.random.default_rng(seed)
        self.saved = dict(self.file)
        for name, array in self.file.items():
            low = {"weight": 0.2, "bias": 1.6}.get(name.partition("/")[2])
            if gentle and name.startswith("bn") and low is not None:
                self.saved[name] = numbers.uniform(low, 2 * low, array.shape).astype(np.float32)
        self.weights.load(self.saved)
        tensors = named_tensors(self.twin)
        assert sorted(tensors) == sorted(self.saved)
        with torch.no_grad():
            for name, tensor in tensors.items():
                tensor.copy_(torch.tensor(self.saved[name].reshape(tensor.shape)))
                tensor.grad = None
        self.images = numbers.standard_normal((BATCH, *self.graph.input_shape)).astype(np.float32)
        pixels = self.graph.output_shape[:-1]
        self.labels = numbers.integers(0, CLASSES, (BATCH, *pixels)).astype(np.int32)

    def plan(self, mode):
        plan = Plan(self.graph, self.weights, Setup(BATCH, 1, mode))
        plan.input[:] = self.images
        return plan

    def answers(self):
        """Return the twin's logits, classes last."""
        return self.twin(torch.tensor(self.images).double().movedim(-1, 1)).movedim(1, -1)

    def loss(self):
        logits, labels = self.answers().reshape(-1, CLASSES), torch.tensor(self.labels).long()
        return torch.nn.functional.cross_entropy(logits, labels.ravel())


def error(ours, exact):
    """Return how far arrays are off, taken together, relative to what they should be."""
    off = sum(((ours[name].reshape(one.shape) - one) ** 2).sum() for name, one in exact.items())
    return float(np.sqrt(off / sum((one**2).sum() for one in exact.values())))


def hold(pair, compare, bound, gentle):
    """Compare on one batch after the other until the error is within the bound."""
    errors = []
    for seed in range(20):
        pair.begin(seed, gentle)
        errors.append(compare(pair))
        if errors[-1] <= bound:
            return
    raise AssertionError(f"off by {errors}, more than {bound}")


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request, tmp_path_factory):
    torch.set_num_threads(1)
    return Pair(request.param, tmp_path_factory.mktemp("twins") / "model.npz")


def test_logits_agree_with_torch(pair):
    pair.begin(0)
    plan = pair.plan("predict")
    plan.forward(BATCH)
    pair.twin.eval()
    assert error({"logits": plan.output}, {"logits": pair.answers().detach().numpy()}) <= 5e-6


def gradients(pair):
    plan = pair.plan("train")
    mean = plan.train_step(pair.labels, BATCH)
    loss = pair.loss()
    loss.backward()
    assert mean == pytest.approx(loss.item(), rel=1e-5)
    known = pair.weights.parameters
    ours = {
        name: known[name].unpack(block, known[name].shape)
        for name, block in pair.weights.views(plan.gradient).items()
    }
    tensors = named_tensors(pair.twin)
    return error(ours, {name: tensors[name].grad.numpy() for name in ours})


@pytest.mark.parametrize(("gentle", "bound"), [(True, 3e-5), (False, 0.03)])
def test_gradients_agree_with_torch(pair, gentle, bound):
    pair.twin.train()
    hold(pair, gradients, bound, gentle)


def training(pair):
    """Return how far three steps lead elsewhere."""
    plan = pair.plan("train")
    optimizer = Optimizer(OPTIMIZERS.read("momentum"), pair.weights, 0.0, 1)
    theirs = torch.optim.SGD(pair.twin.parameters(), RATE, 0.9)
    for _ in range(STEPS):
        plan.input[:] = pair.images
        plan.train_step(pair.labels, BATCH)
        optimizer.step(plan.gradient, RATE)
        theirs.zero_grad()
        pair.loss().backward()
        theirs.step()
    ours, exact, errors = pair.weights.dump(), named_tensors(pair.twin), []
    for kind in ("weight", "bias", "running_mean", "running_var"):
        before = {name: one for name, one in pair.saved.items() if name.endswith(kind)}
        if before:
            steps = {name: ours[name] - one for name, one in before.items()}
            expected = {
                name: exact[name].detach().numpy() - one.reshape(exact[name].shape)
                for name, one in before.items()
            }
            errors.append(error(steps, expected))
    return max(errors)


def test_three_training_steps_agree_with_torch(pair):
    pair.twin.train()
    hold(pair, training, 1e-3, gentle=True)
