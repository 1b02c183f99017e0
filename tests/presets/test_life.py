"""What every preset has to live through: a training step, a model file, a prediction; learning."""

import numpy as np
import pytest

from cnncli import presets
from cnncli.engine import Plan, Weights
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.model_file import Model, load_model, save_model
from cnncli.notation import parse
from cnncli.presets.adaptation import adapt

CLASSES, BATCH = 4, 2
HEAVY = (
    "resnet34",
    "resnet50",
    "resnet101",
    "alexnet",
    "zfnet",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "wrn28_10",
    "unet",
)


def marked(name):
    return pytest.param(name, marks=pytest.mark.slow) if name in HEAVY else name


def small(name):
    """Return a preset adapted to 32 pixels, or to a short signal."""
    preset = presets.get(name)
    own = preset.input_shape
    shape = (512, 1) if len(own) == 2 else (32, 32, own[-1])
    return build_graph(parse(adapt(preset, shape).text, CLASSES), shape)


def live(graph, path):
    """Train a step, save, load; hold the prediction of the loaded network to that of the first."""
    weights = Weights(graph)
    weights.initialize(seed=1)
    numbers = np.random.default_rng(0)
    images = numbers.standard_normal((BATCH, *graph.input_shape)).astype(np.float32)
    shape = (BATCH, *graph.output_shape[:-1])
    labels = numbers.integers(0, graph.classes, shape).astype(np.int32)
    plan = Plan(graph, weights, Setup(BATCH, 1, "train"))
    plan.input[:] = images
    assert np.isfinite(plan.train_step(labels, BATCH))
    Optimizer(OPTIMIZERS.read("sgd"), weights, 0.0, 1).step(plan.gradient, 1e-3)
    assert np.isfinite(plan.gradient).all() and plan.gradient.any()
    del plan
    first = prediction(graph, weights, images)
    classes = [str(i) for i in range(graph.classes)]
    save_model(path, Model(graph.text, graph.input_shape, {}, classes, weights.dump()))
    model = load_model(path)
    loaded = Weights(model.graph)
    loaded.load(model.weights)
    assert np.array_equal(prediction(model.graph, loaded, images), first)


def prediction(graph, weights, images):
    plan = Plan(graph, weights, Setup(BATCH, 1))
    plan.input[:] = images
    plan.forward(BATCH)
    assert np.isfinite(plan.output).all() and len(np.unique(plan.output)) > 1
    return plan.output.copy()


@pytest.mark.parametrize("name", [marked(name) for name in presets.names()])
def test_a_preset_adapted_to_small_images_trains_is_saved_and_predicts_the_same(name, tmp_path):
    live(small(name), tmp_path / "model.npz")


@pytest.mark.slow
@pytest.mark.parametrize("name", presets.names())
def test_a_preset_of_its_own_size_trains_is_saved_and_predicts_the_same(name, tmp_path):
    preset = presets.get(name)
    graph = build_graph(parse(preset.text, preset.classes), preset.input_shape)
    live(graph, tmp_path / "model.npz")


LIGHT = ("lenet5", "mobilenet_small", "resnet20", "strided42", "wavenet", "unet(8)")


@pytest.mark.parametrize(
    "name",
    [*LIGHT, *(pytest.param(name, marks=pytest.mark.slow) for name in presets.names())],
)
def test_the_loss_of_a_preset_halves_in_a_few_steps(name):
    graph = small(name)
    rate = {"unet": 1e-2, "unet(8)": 1e-2, "vgg19": 1e-4}.get(name, 1e-3)  # 19 layers without bn
    losses = learn(graph, 16 if name in LIGHT else 64, rate)
    assert losses[-1] <= losses[0] / 2


def learn(graph, count, rate):
    """Train on images that are a picture per class, and noise; stop where the loss is halved."""
    weights = Weights(graph)
    weights.initialize(seed=0)
    numbers = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    pictures = numbers.standard_normal((CLASSES, *graph.input_shape))
    noise = numbers.standard_normal((count, *graph.input_shape))
    images = (pictures[labels] + noise).astype(np.float32) / 1.5
    if len(graph.output_shape) == 3:
        labels = (images[..., 0] > 0).astype(np.int32)
    plan = Plan(graph, weights, Setup(count, 1, "train"))
    optimizer = Optimizer(OPTIMIZERS.read("adam"), weights, 0.0, 1)
    losses = []
    for step in range(30):
        plan.clock.epoch = step
        plan.input[:] = images
        losses.append(plan.train_step(labels, count))
        if losses[-1] <= losses[0] / 2:
            break
        optimizer.step(plan.gradient, rate)
    return losses
