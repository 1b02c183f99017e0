from dataclasses import replace

import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import UsageError
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.maximize import Maximize

SHAPE = (9, 9, 1)
UNIT = {"scale": (1 / 255,), "shift": (0.0,)}


@pytest.fixture
def trained(make_network):
    trained = make_network("conv(3, 5) >> relu >> dense(2)", SHAPE)
    trained.preprocessing = Preprocessing(9, 9, 1, **UNIT)
    random = np.random.default_rng(0)
    for name, shape in [("conv1/weight", (3, 1, 5, 5)), ("dense1/weight", (2, 75))]:
        weight = trained.model.weights[name]
        weight[...] = random.standard_normal(shape).reshape(weight.shape)
    return trained


def test_the_image_of_a_filter_looks_like_the_filter(trained):
    findings = Maximize().find(trained, Subject())

    filters = trained.model.weights["conv1/weight"].reshape(3, -1)
    patches = findings.values[:, 2:7, 2:7, 0].reshape(3, -1)
    for patch, weights in zip(patches, filters, strict=True):
        assert np.corrcoef(patch, weights)[0, 1] > 0.9


def test_the_image_excites_a_filter_more_than_random_images(trained):
    findings = Maximize().find(trained, Subject())

    images = np.random.default_rng(1).random((200, *SHAPE), np.float32)
    maps = trained.run(images, ["conv1"])["conv1"]
    assert (findings.figures["activation"] > maps.max(axis=(0, 1, 2))).all()


def test_the_figure_is_the_activation_of_the_image(trained):
    findings = Maximize().find(trained, Subject(layer="conv1"))

    maps = trained.run((findings.values / np.float32(255)), ["conv1"])["conv1"]
    expected = maps[np.arange(3), 2, 2, np.arange(3)]
    np.testing.assert_allclose(findings.figures["activation"], expected, rtol=1e-4)


def test_filters_together_give_the_images_of_each_alone(trained):
    together = Maximize().find(trained, Subject()).values

    for number in range(3):
        alone = Maximize().find(trained, Subject(filters=(number,)))
        assert alone.labels == (str(number),)
        np.testing.assert_array_equal(alone.values[0], together[number])


@pytest.mark.parametrize("changes", [{"steps": 2}, {"decay": 0.5}, {"jitter": 0}, {"blur": 1}])
def test_each_setting_changes_the_images(trained, changes):
    usual = Maximize().find(trained, Subject()).values

    assert (replace(Maximize(), **changes).find(trained, Subject()).values != usual).any()


def test_filters_behind_branches_have_images(make_network):
    trained = make_network("(conv(2, 3, pad=1) | id) >> conv(2, 1)", SHAPE)
    trained.preprocessing = Preprocessing(9, 9, 1, **UNIT)
    trained.model.weights["conv2/weight"][...] = np.array([[0, 0, 1], [0, 0, -1]]).reshape(
        trained.model.weights["conv2/weight"].shape
    )

    light, dark = Maximize().find(trained, Subject(layer="conv2")).values

    assert light[4, 4, 0] > 200 and dark[4, 4, 0] < 55


def test_signals_are_refused(trained):
    trained.preprocessing = SignalPreprocessing.__new__(SignalPreprocessing)
    with pytest.raises(UsageError, match="for networks of images"):
        Maximize().find(trained, Subject())
