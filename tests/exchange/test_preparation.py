import json

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.exchange.preparation import choose_preprocessing

SHAPE = (6, 8, 3)


def normalize(preprocessing, level):
    values = np.full((1, *preprocessing.input_shape), level, preprocessing.dtype)
    out = np.empty(values.shape, np.float32)
    preprocessing.normalize(values, np.arange(1), out)
    return out[0, 0, 0] if preprocessing.noun == "image" else out[0, 0]


def test_that_of_imagenet_takes_its_mean_and_deviation_and_the_middle_of_images():
    preprocessing, notes = choose_preprocessing("imagenet", SHAPE, 10)
    expected = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    assert normalize(preprocessing, 255) == pytest.approx(expected, rel=1e-6)
    assert (preprocessing.resize, preprocessing.share, notes) == ("crop", 0.875, ())


@pytest.mark.parametrize(("name", "expected"), [("unit", 1.0), ("none", 255.0)])
def test_levels_are_brought_to_1_or_left_alone(name, expected):
    preprocessing, _ = choose_preprocessing(name, SHAPE, 10)
    assert normalize(preprocessing, 255) == pytest.approx([expected] * 3)


@pytest.mark.parametrize(
    ("shape", "classes", "name"),
    [((6, 8, 3), 1000, "imagenet"), ((6, 8, 1), 1000, "unit"), ((6, 8, 3), 10, "unit")],
)
def test_without_a_name_it_is_that_of_imagenet_for_its_1000_classes(shape, classes, name):
    chosen, notes = choose_preprocessing(None, shape, classes)
    assert chosen == choose_preprocessing(name, shape, classes)[0]
    assert f"preprocessing: {name};" in notes[0]


def test_signals_are_left_as_they_are():
    preprocessing, _ = choose_preprocessing("none", (8, 2), 10)
    assert preprocessing.input_shape == (8, 2)
    assert normalize(preprocessing, 3.5).tolist() == [3.5, 3.5]


@pytest.mark.parametrize(
    "described",
    [
        {"mean": [0.5, 0.4, 0.3], "std": [0.5, 0.25, 0.2], "crop_pct": 0.9},
        {"architecture": "x", "pretrained_cfg": {
            "mean": [0.5, 0.4, 0.3], "std": [0.5, 0.25, 0.2], "crop_pct": 0.9}},
        {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 0.2], "crop_pct": 0.9},
    ],
    ids=["plain", "timm", "hugging face"],
)  # fmt: skip
def test_a_file_says_mean_and_deviation(tmp_path, described):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(described))
    preprocessing, _ = choose_preprocessing(str(path), SHAPE, 10)
    assert normalize(preprocessing, 255) == pytest.approx([1, 2.4, 3.5], rel=1e-6)
    assert preprocessing.share == 0.9


def test_a_file_may_be_what_a_model_says(tmp_path):
    described, _ = choose_preprocessing("imagenet", SHAPE, 10)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(described.to_manifest()))
    assert choose_preprocessing(str(path), SHAPE, 10)[0] == described


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "is no JSON file that can be read"),
        ("[1]", "its JSON is no object"),
        ("{}", "has no mean and deviation for 3 channels"),
        ('{"mean": [0.5], "std": [0.5]}', "has no mean and deviation for 3 channels"),
        ('{"mean": [0, 0, 0], "std": [1, 1, 0]}', "a deviation is not above 0"),
        ('{"mean": [0, 0, 0], "std": [1, 1, 1], "crop_pct": 2}', "crop_pct is 2"),
        ('{"normalization": "unit"}', "preprocessing in the model file: it cannot be"),
    ],
)
def test_a_file_that_says_nothing_of_use_is_refused(tmp_path, text, fault):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=fault):
        choose_preprocessing(str(path), SHAPE, 10)


def test_a_name_that_is_nothing_gets_a_hint():
    with pytest.raises(UsageError, match="did you mean imagenet"):
        choose_preprocessing("imagnet", SHAPE, 10)


def test_a_file_for_another_size_is_refused(tmp_path):
    described, _ = choose_preprocessing("imagenet", (9, 9, 3), 10)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(described.to_manifest()))
    with pytest.raises(UsageError, match="is for inputs of 9x9x3, not 6x8x3"):
        choose_preprocessing(str(path), SHAPE, 10)
