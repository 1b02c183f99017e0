import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.errors import UsageError
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.filters import Filters
from cnncli.inspection.selectivity import compare_classes, measure_selectivity
from cnncli.tasks import Regression
from cnncli.trained.model import Trained


@pytest.fixture
def folder(tmp_path):
    """Images of two classes, a: black on the left, b: white all over, of which there are more."""
    for name, count in (("a", 2), ("b", 4)):
        (tmp_path / name).mkdir()
        for number in range(count):
            pixels = np.full((8, 8), 255 if name == "b" else 0, np.uint8)
            pixels[:, 4:] = 255
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    return str(tmp_path)


@pytest.fixture
def trained(make_network):
    """A network whose filters answer to light, to dark, and to nothing at all."""
    trained = make_network("conv(4, 1x2, stride=2) >> relu >> dense(2)", (8, 8, 1))
    trained.model.weights["conv1/weight"][:, 0, 0] = [[1, 1], [-1, -1], [0, 0], [0, 0]]
    trained.model.weights["conv1/bias"][1] = 1
    unit = Preprocessing(8, 8, 1, "stretch", "unit", (1 / 255,), (0.0,))
    return Trained(trained.model, unit, trained.task)


def test_selectivity_compares_the_largest_mean_with_that_of_the_other_classes():
    means = np.array([[4.0, 1, 0, 3], [2, 1, 0, 0], [0, 1, 0, 0]])

    assert compare_classes(means).tolist() == [0.6000000238418579, 0, 0, 1]


def test_with_a_single_class_everything_is_selective():
    assert compare_classes(np.array([[2.0, 0]])).tolist() == [1, 0]


def test_the_mean_of_each_class_is_that_of_its_own_images_behind_the_activation(trained, folder):
    figures = measure_selectivity(trained, "relu1", folder)

    # light is half of a and all of b, dark is half of a and nothing of b
    assert figures["selectivity"] == pytest.approx([1 / 3, 1, 0, 0])
    assert figures["class"].tolist()[:2] == ["b", "a"]


def test_filters_are_sorted_by_selectivity(trained, folder):
    findings = Filters().find(trained, Subject(data=folder, sort="selectivity"))

    assert findings.labels == ("1", "0", "2", "3")
    assert list(findings.columns)[-3:] == ["selectivity", "class", "words"]


def test_without_a_set_there_is_no_selectivity(trained):
    with pytest.raises(UsageError, match="sort selectivity needs labeled samples; give a set with"):
        Filters().find(trained, Subject(sort="selectivity"))


def test_a_network_without_classes_has_no_selectivity(trained, folder):
    other = Trained(trained.model, trained.preprocessing, Regression(("a", "b")))

    with pytest.raises(UsageError, match="this network answers"):
        measure_selectivity(other, "relu1", folder)
