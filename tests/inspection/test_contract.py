"""What holds of every method on networks of every kind: an answer, or a refusal that says why."""

import re

import numpy as np
import pytest

from cnncli import presets
from cnncli.engine import Weights
from cnncli.errors import UsageError
from cnncli.inspection import find_method, list_methods
from cnncli.inspection.attribution import Attribution
from cnncli.inspection.base import Subject
from cnncli.presets.adaptation import adapt

NETWORKS = {
    "branches and bn": (
        "conv(4, 3, pad=1) >> bn >> relu >> (conv(4, 3, pad=1) >> relu) + id >> relu >> maxpool"
        " >> dense(2)",
        (8, 12, 3),
    ),
    "stacked branches": (
        "conv(3, 3, pad=1) >> relu >> (conv(2, 1) >> relu | maxpool(3, stride=1, pad=1))"
        " >> maxpool >> dense(2)",
        (8, 10, 1),
    ),
    "signals": ("conv(4, 5, pad=2) >> relu >> maxpool >> conv(3, 3) >> relu >> dense(2)", (20, 1)),
    "a class for every pixel": ("conv(4, 3, pad=1) >> gelu >> conv(2, 1)", (8, 10, 1)),
    "masks by a detour": (
        "conv(3, 3, pad=1) >> relu >> (id | maxpool >> conv(4, 3, pad=1) >> relu"
        " >> deconv(2, 2, 2)) >> conv(2, 1)",
        (8, 12, 3),
    ),
    "vectors": ("dense(5) >> tanh >> dense(2)", (4, 4, 1)),
}
ON_A_SAMPLE = [name for name in list_methods() if "data" not in find_method(name).needs]
ATTRIBUTIONS = [name for name in list_methods() if isinstance(find_method(name), Attribution)]
REFUSALS = {  # what a method has no use for
    ("deconv", "a class for every pixel"): "the network has none",
    ("deconv", "vectors"): "the network has none",
    ("guided", "a class for every pixel"): "the network has none",
    ("guided", "vectors"): "the network has none",
    ("shift", "vectors"): "moves all of the image",
    **{
        (name, "vectors"): "needs the maps of a convolution"
        for name in ("eigencam", "gradcam", "gradcam++", "layercam", "scorecam")
    },
}

HEAVY = {"alexnet", "zfnet", "unet", "wrn28_10", "resnet34", "resnet50", "resnet101", "resnet56"}


def mark_heavy(preset):
    """Return a preset to be tested, marked as slow where it has many weights or layers."""
    heavy = preset in HEAVY or re.fullmatch(r"vgg\d+", preset)
    return pytest.param(preset, marks=pytest.mark.slow) if heavy else preset


@pytest.fixture
def open_network(make_network):
    """Return what opens a network by its kind, with random weights."""

    def open_(kind):
        trained = make_network(*NETWORKS[kind])
        random = np.random.default_rng(0)
        for array in trained.model.weights.values():
            array[:] = random.uniform(0.1, 1, array.shape) * random.choice([-1, 1], array.shape)
        for name, array in trained.model.weights.items():
            if name.endswith("running_var"):
                array[:] = 1
        return trained

    return open_


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("name", [name for name in ON_A_SAMPLE if name != "maximize"])
def test_a_method_answers_with_numbers_or_says_why_it_does_not(
    open_network, make_sample, name, kind
):
    method, trained = find_method(name), open_network(kind)
    shape = NETWORKS[kind][1]
    values = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    subject = Subject(make_sample(values))
    if (name, kind) in REFUSALS:
        with pytest.raises(UsageError, match=REFUSALS[name, kind]):
            method.find(trained, subject)
        return

    found = method.find(trained, subject).values

    assert len(found)
    assert np.isfinite(found).all() or name == "shift"  # a vector does not move
    if isinstance(method, Attribution):
        height, width = (1, *shape)[-3:-1]
        assert found.shape == (1, height, width)
        assert found.any()


@pytest.mark.parametrize("preset", [mark_heavy(name) for name in [*presets.names(), "unet(8)"]])
def test_maps_of_a_preset_are_finite_and_not_zero(make_network, make_sample, preset):
    original = presets.get(preset)
    signal = len(original.input_shape) == 2
    shape = (512, 1) if signal else (32, 32, original.input_shape[-1])
    trained = make_network(adapt(original, shape).text, shape)
    weights = Weights(trained.graph)
    weights.initialize(seed=1)
    trained.model.weights.update(weights.dump())
    values = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    subject = Subject(make_sample(values))

    for name in ("gradient-x-input", "gradcam", "eigencam"):
        (pixels,) = find_method(name).find(trained, subject).values

        assert pixels.shape == ((1, 512) if signal else (32, 32))
        assert np.isfinite(pixels).all() and pixels.any(), name


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_where_nothing_counts_the_map_is_zero_and_said_to_be(make_network, make_sample, name):
    trained = make_network("conv(3, 3) >> relu >> dense(2)", (6, 6, 1))  # all weights are zero

    findings = find_method(name).find(trained, Subject(make_sample(np.ones((6, 6, 1)))))

    assert not findings.values.any()  # nor is it NaN
    assert findings.list_zero_maps() == list(findings.labels)
