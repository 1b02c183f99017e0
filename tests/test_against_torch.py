"""PyTorch as a second opinion: logits, gradients and three optimizer steps of whole networks."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
from torch_twin import Twin  # noqa: E402

from cnncli.engine import Plan, Weights  # noqa: E402
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer  # noqa: E402
from cnncli.graph import build_graph  # noqa: E402
from cnncli.layers.base import Setup  # noqa: E402
from cnncli.losses.cross_entropy import CrossEntropy  # noqa: E402
from cnncli.notation import parse  # noqa: E402

NETWORKS = {
    "lenet": (
        "conv(6,5,pad=2) >> relu >> maxpool(2) >> conv(16,5) >> tanh >> avgpool(2) >> dense(30)"
        " >> relu >> dense(7)",
        (20, 20, 1),
    ),
    "vgg": (
        "two(n) = conv(n,3,pad=1) >> relu >> conv(n,3,pad=1) >> relu >> maxpool(2)\n"
        "two(16) >> two(40) >> dense(32) >> relu >> dense(7)",
        (16, 16, 3),
    ),
    "residual": (
        "block(n) = (conv(n,3,pad=1,bias=no) >> bn >> relu >> conv(n,3,pad=1,bias=no) >> bn) + id"
        " >> relu\n"
        "down(n) = (conv(n,3,2,1,bias=no) >> bn >> relu >> conv(n,3,pad=1,bias=no) >> bn)"
        " + (conv(n,1,2,bias=no) >> bn) >> relu\n"
        "conv(16,3,pad=1,bias=no) >> bn >> relu >> 2*block(16) >> down(32) >> global_avgpool"
        " >> dense(7) >> softmax",
        (12, 12, 3),
    ),
    "branches": (
        "conv(8,3,fill=reflect,pad=2) >> elu >> (conv(8,1) | conv(8,3,pad=1) | maxpool(3,1,1))"
        " >> silu >> (id * (conv(24,1) >> sigmoid)) >> l2pool >> dense(7)",
        (9, 11, 2),
    ),
    "reflection": (
        "conv(8,5,pad=4,fill=reflect) >> tanh >> conv(20,3,2,1,reflect) >> relu >>"
        " depthwise(3,pad=2,fill=reflect,dilation=2) >> silu >> dense(7)",
        (11, 8, 3),
    ),
    "l2 pools": (
        "conv(8,3,pad=1) >> tanh >> l2pool(3,2,1) >> conv(17,3) >> elu >> l2pool(2x3) >> dense(7)",
        (12, 14, 2),
    ),
    "mobile": (
        "dw(n,s) = depthwise(3,s,1,bias=no) >> bn >> relu >> conv(n,1,bias=no) >> bn >> relu\n"
        "conv(16,3,pad=1) >> relu >> dw(24,1) >> dw(40,2) >> global_maxpool >> dense(7)",
        (10, 10, 3),
    ),
    "mobile v3": (
        "conv(16,3,2,1,bias=no) >> bn >> hard_swish >> (id * (conv(16,1) >> hard_sigmoid))"
        " >> depthwise(3,pad=1) >> hard_swish >> global_avgpool >> dense(7)",
        (10, 10, 3),
    ),
    "norms of samples": (
        "conv(12,3,pad=1) >> group_norm(3) >> prelu >> conv(8,3) >> lrn(5,2) >> instance_norm"
        " >> relu >> zeropad(1x0,2) >> conv(9,3,2) >> layer_norm(0.001) >> gelu >> dense(20)"
        " >> layer_norm >> prelu >> clip(-0.5,2) >> dense(7)",
        (9, 11, 3),
    ),
    "shuffles": (
        "unit(g) = conv(12,1,groups=g) >> bn >> relu >> shuffle(g) >> depthwise(3,pad=1) >> bn\n"
        "conv(12,3) >> relu >> (unit(3) + id) >> crop(1x0,0x2) >> relu >> (unit(4) | avgpool(3,1,1,"
        "include_pad=no)) >> avgpool(4,3,same,include_pad=no) >> dense(7)",
        (10, 13, 3),
    ),
    "gates": (
        "conv(16,3,pad=1) >> ((conv(16,1) >> global_avgpool >> silu >> conv(16,1) >> sigmoid) * id)"
        " >> relu >> (id * (conv(1,3,pad=1) >> tanh) * dense(16)) >> conv(9,3)"
        " >> (global_maxpool + id) >> relu >> dense(7)",
        (7, 9, 3),
    ),
    "rounded up": (
        "conv(12,3) >> bn >> relu6 >> maxpool(3,2,ceil=yes) >> (take(7) + take(7,5)) >> conv(9,3,"
        "pad=1) >> relu6 >> avgpool(2,2,1,ceil=yes) >> avgpool(3,2,ceil=yes) >> dense(7)",
        (12, 14, 3),
    ),
    "even windows, pad=same": (
        "conv(8,4,pad=same) >> relu >> maxpool(2,1,same) >> conv(9,2,pad=same) >> tanh"
        " >> avgpool(2,1,same) >> l2pool(4,2,same) >> deconv(6,4,2,same) >> maxpool(4,3,same)"
        " >> dense(7)",
        (11, 9, 3),
    ),
    "other sizes": (
        "conv(8,3,pad=1) >> tanh >> resize(7x13) >> conv(9,3) >> relu >> upsample(2x3,linear)"
        " >> conv(6,3,2) >> upsample(2,cubic,corners) >> resize(6x20,linear,corners) >> tanh"
        " >> resize(9x7,cubic) >> resize(8x5,nearest,starts) >> dense(7)",
        (11, 9, 3),
    ),
    "hourglass": (
        "conv(8,3,pad=1) >> leaky_relu >> (id | (maxpool(2) >> conv(16,3,pad=1) >> gelu >>"
        " deconv(8,2,2) >> relu)) >> conv(12,3,2,same,groups=2) >> upsample >> conv(6,5,fill=edge,"
        "pad=2) >> flatten >> dense(48) >> reshape(4x4x3) >> deconv(5,3,2,1) >> dense(7)",
        (8, 8, 2),
    ),
}
BATCH = 6


def make_network(name):
    text, shape = NETWORKS[name]
    graph = build_graph(parse(text), shape)
    weights = Weights(graph)
    weights.initialize(seed=3)
    numbers = np.random.default_rng(5)
    images = numbers.standard_normal((BATCH, *shape)).astype(np.float32)
    labels = numbers.integers(0, 7, BATCH).astype(np.int32)
    return graph, weights, images, labels


def assert_close(values, expected, tolerance=2e-5):
    expected = np.asarray(expected.detach())
    scale = max(1e-6, float(np.abs(expected).max()))
    assert np.abs(values - expected).max() <= tolerance * scale


@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_agree_with_torch(name):
    graph, weights, images, _ = make_network(name)
    plan = Plan(graph, weights, Setup(BATCH, 2))
    plan.input[:] = images
    plan.forward(BATCH)
    assert_close(plan.output.reshape(BATCH, -1), Twin(graph, weights.dump())(images))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_and_every_gradient_agree_with_torch(name, smoothing):
    graph, weights, images, labels = make_network(name)
    twin = Twin(graph, weights.dump())
    expected = torch.nn.functional.cross_entropy(
        twin(images, training=True), torch.tensor(labels).long(), label_smoothing=smoothing
    )
    expected.backward()
    plan = Plan(graph, weights, Setup(BATCH, 2, "train"), loss=CrossEntropy(smoothing))
    plan.input[:] = images
    loss = plan.train_step(labels, BATCH)
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    largest = max(float(t.grad.abs().max()) for t in twin.tensors.values() if t.grad is not None)
    for full, block in weights.views(plan.gradient).items():
        one = weights.parameters[full]
        found = one.unpack(block, one.shape)
        difference = np.abs(found - twin.tensors[full].grad.numpy()).max()
        assert difference <= 5e-5 * largest, full


def test_the_loss_of_mixed_samples_and_its_gradient_agree_with_torch():
    numbers = np.random.default_rng(0)
    logits = numbers.standard_normal((8, 5)).astype(np.float32)
    shares = numbers.dirichlet(np.ones(5), 8).astype(np.float32)
    tensor = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(tensor, torch.tensor(shares), label_smoothing=0.1)
    expected.backward()
    gradient = np.empty_like(logits)
    loss = CrossEntropy(0.1).build(logits, gradient, 1)(shares, 8)
    assert loss == pytest.approx(float(expected.detach()), rel=1e-6)
    assert np.allclose(gradient, tensor.grad.numpy(), atol=1e-7)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rule", ["true", "guided", "deconv"])
def test_gradients_of_a_prediction_agree_with_torch(name, rule):
    graph, weights, images, _ = make_network(name)
    twin, tensor = Twin(graph, weights.dump(), rule), torch.tensor(images, requires_grad=True)
    logits = twin.run(tensor)
    dy = np.random.default_rng(9).standard_normal(logits.shape).astype(np.float32)
    logits.backward(torch.tensor(dy))
    last = graph.nodes[graph.output].layer.kind == "softmax"
    inner = [node.name for node in graph.nodes[: -1 if last else None] if node.layer.kind != "bn"]
    names = ["input", *inner[:: len(inner) // 4]]
    plan = Plan(graph, weights, Setup(BATCH, 2), gradients=names, relu_gradient=rule)
    plan.input[:] = images
    plan.forward(BATCH)
    plan.output_gradient[:] = dy.reshape(plan.output.shape)
    plan.backward(BATCH)
    assert_close(plan.gradient_of("input"), tensor.grad, 1e-4)
    for value in names[1:]:
        expected = twin.values[value].grad
        expected = expected.movedim(1, expected.ndim - 1)
        assert_close(plan.gradient_of(value).reshape(expected.shape), expected, 1e-4)


THEIRS = {  # the optimizers that torch has as well
    "sgd": torch.optim.SGD,
    "momentum": lambda groups, rate: torch.optim.SGD(groups, rate, 0.9),
    "nesterov": lambda groups, rate: torch.optim.SGD(groups, rate, 0.9, nesterov=True),
    "rmsprop": lambda groups, rate: torch.optim.RMSprop(groups, rate, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


@pytest.mark.parametrize("name", ["vgg", "residual", "mobile"])
@pytest.mark.parametrize("optimizer", THEIRS)
def test_three_optimizer_steps_agree_with_torch(name, optimizer):
    graph, weights, images, labels = make_network(name)
    twin = Twin(graph, weights.dump())
    rate, decay = {"adam": 1e-4, "adamw": 1e-4, "rmsprop": 1e-5}.get(optimizer, 1e-2), 0.01
    ours = Optimizer(OPTIMIZERS.read(optimizer), weights, decay, 2)
    decays = {n for n, one in weights.parameters.items() if one.decays}
    learned = {n for n, one in weights.parameters.items() if one.learned}
    groups = [
        {"params": [twin.tensors[n] for n in sorted(decays)], "weight_decay": decay},
        {"params": [twin.tensors[n] for n in sorted(learned - decays)], "weight_decay": 0.0},
    ]
    theirs = THEIRS[optimizer](groups, rate)
    plan = Plan(graph, weights, Setup(BATCH, 2, "train"))
    for _ in range(3):
        plan.input[:] = images
        plan.train_step(labels, BATCH)
        ours.step(plan.gradient, rate)
        theirs.zero_grad()
        output = twin(images, training=True)
        torch.nn.functional.cross_entropy(output, torch.tensor(labels).long()).backward()
        theirs.step()
    for full, array in weights.dump().items():
        scale = float(twin.tensors[full].detach().abs().max()) + 1e-3
        assert np.abs(array - twin.tensors[full].detach().numpy()).max() <= 2e-3 * scale, full
