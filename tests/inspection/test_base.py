from dataclasses import replace

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.inspection.base import AttributionFindings, FilterFindings, MapFindings
from cnncli.inspection.methods.activations import Activations
from cnncli.inspection.methods.filters import Filters


@pytest.fixture
def maps():
    values = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    figures, centers = {"max": values.max((1, 2))}, (np.arange(2.0), np.arange(2.0))
    return MapFindings("conv1", ("0", "1", "2"), values, figures, (2, 2, 3), centers)


def test_filters_are_selected_with_all_that_is_known_of_them(maps):
    chosen = maps.select((2, 0))

    assert chosen.labels == ("2", "0")
    assert chosen.values[:, 0, 0].tolist() == [8, 0]
    assert chosen.figures["max"].tolist() == [11, 3]
    assert chosen.stored.shape == (2, 2, 2) and chosen.stored[0, 0].tolist() == [8, 0]


def test_maps_are_arranged_by_their_maxima_but_stored_as_they_are(maps):
    assert maps.arrange().labels == ("2", "1", "0")
    assert maps.stored[0, 0].tolist() == [0, 4, 8]


def test_maps_that_users_have_put_in_order_stay_so(maps):
    assert replace(maps, chosen=True).arrange().labels == ("0", "1", "2")


def test_without_numbers_all_filters_are_selected(maps):
    assert maps.select(None) is maps


def test_a_filter_that_there_is_not_cannot_be_selected(maps):
    with pytest.raises(UsageError, match="filter 3: conv1 has 3 filters; give 0 to 2"):
        maps.select((0, 3))


def test_a_record_of_a_filter_has_its_number_and_its_figures():
    findings = FilterFindings("conv1", ("4",), np.ones((1, 1, 2, 2)), {"norm": np.array([2.0])})

    assert findings.list_records() == [{"name": "conv1:4", "index": 4, "dead": None, "norm": 2.0}]


def test_a_record_of_an_attribution_has_what_it_explains():
    values = np.ones((1, 2, 2), np.float32)
    findings = AttributionFindings(
        "input", ("cat",), values, {"max": np.array([1.0])}, "saliency", False
    )

    assert findings.list_records() == [{"target": "cat", "max": 1.0}]


def test_what_a_method_needs_has_to_be_given():
    with pytest.raises(UsageError, match="method activations needs an image; give one with image"):
        Activations().check(["layer"])
    Activations().check(["image", "layer", "filter"])


def test_what_a_method_has_no_use_for_is_refused():
    with pytest.raises(UsageError, match="class is not for method filters; leave it out"):
        Filters().check(["class"])
    Filters().check([])
