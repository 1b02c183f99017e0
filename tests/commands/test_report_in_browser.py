"""The page of `report` in a browser: by pointer and by keyboard."""

import json

import pytest
from browser import PROGRAMS, is_installed, start_browser

pytestmark = pytest.mark.skipif(
    not is_installed(), reason=f"needs {' and '.join(PROGRAMS)}, as Debian's packages have them"
)


@pytest.fixture(scope="module")
def browser(run, model, patterns, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    image = sorted(patterns.rglob("*.png"))[0]
    page = folder / "page.html"
    done = run("report", model, "--data", patterns, "--image", image, "-o", page)
    assert done.returncode == 0, done.stderr
    with start_browser(folder / "profile") as browser:
        browser.open(page)
        browser.trace = lambda neuron: json.loads(
            run("trace", model, image, "--at", neuron, "--json").stdout
        )
        yield browser


def read_sums(browser):
    """Return the neuron on the page and its numbers by name."""
    rows = browser.run(
        "[...document.querySelectorAll('#sums tr')]"
        ".map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    place = browser.run("document.getElementById('place').textContent")
    return place, {name: float(text) for name, text in rows}


def check_neuron(browser):
    place, numbers = read_sums(browser)
    traced = browser.trace(place)
    expected = {"sum": traced["sum"], "bias": traced["bias"], "output": traced["output"]}
    expected |= traced["activation"]
    assert list(numbers) == list(expected)
    assert numbers == {name: float(f"{value:.6g}") for name, value in expected.items()}
    return place


def test_the_arithmetic_under_the_pointer_is_that_of_trace(browser):
    places = set()
    for x, y in ((0, 0), (-60, 40), (70, -50)):
        browser.point_at("#neuron canvas", x, y)
        places.add(check_neuron(browser))
    assert len(places) == 3


def test_arrow_keys_move_the_neuron(browser):
    browser.point_at("#neuron canvas")
    layer, _, numbers = check_neuron(browser).partition(":")
    number, row, column = map(int, numbers.split(","))
    browser.run("document.querySelector('#neuron canvas').focus()")
    browser.press("down", "right", "right")
    assert check_neuron(browser) == f"{layer}:{number},{row + 1},{column + 2}"


def test_another_filter_is_chosen_by_keyboard(browser):
    first, _ = read_sums(browser)
    browser.run("document.querySelector('#neuron input:checked').focus()")
    browser.press("right")
    assert check_neuron(browser).split(",")[1:] == first.split(",")[1:]
    assert read_sums(browser)[0] != first


def test_a_layer_that_is_pointed_at_frames_what_it_sees(browser):
    browser.point_at("#layers tbody tr")
    frame = "document.getElementById('frame')"
    shares = browser.run("document.querySelector('#layers tbody tr').dataset.frame").split()
    assert browser.run(f"{frame}.hidden") is False
    assert browser.run(f"{frame}.style.left") == f"{float(shares[0]):g}%"
    assert browser.run(f"{frame}.style.width") == f"{float(shares[2]):g}%"


def test_a_number_of_the_confusion_matrix_leads_to_its_samples(browser):
    browser.run("document.querySelector('#confusion a').click()")
    group = browser.run("document.querySelector('#confusion a').hash")
    shown = "[...document.querySelectorAll('.group')].filter((part) => part.offsetHeight)"
    assert browser.run(f"{shown}.map((part) => '#' + part.id)") == [group]
    assert browser.run(f"document.querySelector('{group} img').naturalWidth") > 0


def test_all_that_can_be_chosen_is_reached_by_the_tab_key(browser):
    browser.run("document.activeElement.blur()")
    names = set()
    for _ in range(60):
        browser.press("tab")
        names.add(browser.run("document.activeElement.localName"))
    assert {"a", "tr", "canvas", "input", "summary", "pre"} <= names


def test_nothing_is_requested_and_no_error_is_on_the_console(browser):
    resources = browser.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in resources if not name.startswith("data:")] == []
    assert browser.list_errors() == []
