from dataclasses import replace

import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import DataError, UsageError, name_settings
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.maximize import Maximize
from cnncli.tasks import MultiLabel

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


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 2},
        {"decay": 0.5},
        {"jitter": 0},
        {"rotate": 0},
        {"scale": 0},
        {"blur": 1},
        {"variation": 1},
        {"fourier": False},
        {"whole": True},
    ],
)
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


def test_the_part_of_the_image_that_counts_is_the_receptive_field_in_the_middle(trained):
    findings = Maximize().find(trained, Subject(filters=(0, 2)))

    assert findings.figures["field"].tolist() == [[2, 2, 7, 7]] * 2
    inside = np.zeros((9, 9), bool)
    inside[2:7, 2:7] = True
    contrast = findings.values[..., 0].astype(float) - 127.5
    assert np.square(contrast[:, inside]).mean() > 10 * np.square(contrast[:, ~inside]).mean()


@pytest.fixture
def linear(make_network):
    """A network of a single layer: the logit of b is the sum of the pixels where w is above 0."""
    trained = make_network("dense(2)", SHAPE)
    trained.preprocessing = Preprocessing(9, 9, 1, scale=(1 / 127.5,), shift=(-1.0,))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], SHAPE[:2])
    trained.model.weights["dense1/weight"][...] = np.stack([-signs, signs]).reshape(
        trained.model.weights["dense1/weight"].shape
    )
    return trained, signs


@pytest.mark.parametrize(("name", "sign"), [("a", -1), ("b", 1)])
def test_the_image_of_a_class_of_a_linear_network_is_light_where_its_weights_are_above_zero(
    linear, name, sign
):
    trained, signs = linear

    findings = Maximize(fourier=False).find(trained, Subject(output=name))

    assert findings.labels == (name,)
    contrast = findings.values[0, :, :, 0].astype(float) - 127.5
    np.testing.assert_array_equal(np.sign(contrast), sign * signs)
    assert np.abs(contrast).min() > 50
    assert findings.figures["probability"][0] > 0.999
    assert findings.figures["answer"].tolist() == [name]
    assert findings.notes == []


def test_filters_of_the_last_layer_are_the_classes(linear):
    trained, _ = linear

    classes = Maximize(steps=8).find(trained, Subject(layer="dense1"))

    assert classes.labels == ("a", "b")
    np.testing.assert_array_equal(
        classes.values[1:], Maximize(steps=8).find(trained, Subject(output="b")).values
    )


def test_labels_that_do_not_exclude_each_other_have_no_answer(linear):
    trained, _ = linear
    trained.task = MultiLabel(("a", "b"))

    findings = Maximize(steps=8).find(trained, Subject(output="b"))

    assert (findings.labels, set(findings.figures)) == (("b",), {"activation", "field"})
    assert findings.figures["activation"][0] > 1


def test_a_class_that_the_mean_does_not_lead_to_is_made_from_black_or_gray(make_network):
    trained = make_network("conv(1, 1) >> relu >> dense(2)", SHAPE)
    trained.preprocessing = Preprocessing(9, 9, 1, scale=(1 / 255,), shift=(-1.0,))  # mean: white
    weights = trained.model.weights
    weights["conv1/weight"][...] = -1  # the relu lets nothing through where the image is light
    weights["conv1/bias"][...] = -0.5
    weights["dense1/weight"][...] = np.repeat([-1, 1], 81).reshape(weights["dense1/weight"].shape)

    findings = Maximize().find(trained, Subject(output="b"))

    assert findings.values.mean() < 60
    assert findings.figures["probability"][0] > 0.99


def test_a_class_that_is_not_reached_is_said_not_to_be(make_network):
    trained = make_network("dense(2)", SHAPE)
    trained.preprocessing = Preprocessing(9, 9, 1, **UNIT)
    trained.model.weights["dense1/bias"][:] = (1, 0)  # a is the answer to everything

    findings = Maximize(steps=4).find(trained, Subject(output="b"))

    assert findings.notes == ["the network takes what was made for b for a"]
    assert findings.figures["probability"][0] == pytest.approx(1 / (1 + np.e))


def test_a_whole_layer_has_an_image_that_excites_it_more_than_random_images(trained):
    findings = Maximize(whole=True).find(trained, Subject(layer="conv1"))

    images = np.random.default_rng(1).random((200, *SHAPE), np.float32)
    maps = trained.run(np.rint(images * 255) / np.float32(255), ["relu1"])["relu1"]
    assert (findings.layer, findings.labels) == ("relu1", ("all",))
    assert findings.figures["activation"][0] > np.linalg.norm(maps.reshape(200, -1), axis=1).max()


def test_the_class_of_a_pixel_is_that_in_the_middle(make_network):
    trained = make_network("conv(2, 3, pad=1)", SHAPE)
    trained.preprocessing = Preprocessing(9, 9, 1, **UNIT)
    trained.model.weights["conv1/weight"][...] = np.repeat([-1, 1], 9).reshape(
        trained.model.weights["conv1/weight"].shape
    )

    findings = Maximize().find(trained, Subject(output="b"))

    assert findings.figures["field"].tolist() == [[3, 3, 6, 6]]
    inside = findings.values[0, 3:6, 3:6, 0]
    assert inside.min() > 80 and findings.values[0, 0].max() < 40  # from black


def test_the_signal_of_a_filter_looks_like_the_filter(make_network):
    trained = make_network("conv(2, 5) >> relu >> dense(2)", (21, 1))
    trained.preprocessing = SignalPreprocessing(21, 1, None, "standard", (0.5,), (-1.0,))
    patterns = np.array([[1, 2, 0, -2, -1], [-1, 1, 0, 1, -1]])
    trained.model.weights["conv1/weight"][...] = patterns.reshape(
        trained.model.weights["conv1/weight"].shape
    )

    findings = Maximize().find(trained, Subject())

    assert findings.values.shape == (2, 1, 21, 1) and findings.values.dtype == np.float32
    _, start, _, stop = findings.figures["field"][0]
    for values, pattern in zip(findings.values[:, 0, start:stop, 0], patterns, strict=True):
        assert np.corrcoef(values, pattern)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("settings", "subject", "what"),
    [
        ({}, {"output": "b", "layer": "conv1"}, "class and layer"),
        ({}, {"output": "b", "filters": (0,)}, "class and filter"),
        ({"whole": True}, {"output": "b"}, "class and whole=yes"),
        ({"whole": True}, {"filters": (0,)}, "filter and whole=yes"),
        ({}, {"output": "c"}, "'c' is none of the classes"),
        ({}, {"filters": (3,)}, "conv1 has 3 filters"),
    ],
)
def test_what_does_not_go_together_or_is_not_there_is_refused(trained, settings, subject, what):
    with pytest.raises(UsageError) as error:
        Maximize(**settings).find(trained, Subject(**subject))

    assert what in name_settings(str(error.value), str)


def test_a_network_whose_answers_are_not_finite_is_refused(trained):
    trained.model.weights["conv1/weight"][...] = np.nan

    with pytest.raises(DataError, match="conv1: the network's answer is not finite"):
        Maximize(steps=1).find(trained, Subject())


def test_images_that_are_each_normalized_by_themselves_are_left_so(trained):
    trained.preprocessing = Preprocessing(9, 9, 1, "stretch", "image", **UNIT)

    findings = Maximize(steps=8).find(trained, Subject())

    assert findings.values.mean(axis=(1, 2, 3)) == pytest.approx([128] * 3, abs=2)
    assert findings.values.std(axis=(1, 2, 3)) == pytest.approx([48] * 3, abs=4)
