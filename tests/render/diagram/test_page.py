from xml.etree import ElementTree

import pytest

from cnncli.render.diagram import Box, Diagram, Series
from cnncli.render.diagram.page import draw_page
from cnncli.render.strokes.svg import write_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def parsed(diagram):
    return ElementTree.fromstring("\n".join(write_svg(draw_page(diagram))))


def texts(root):
    return [one.text for one in root.iter(f"{NAMESPACE}text")]


def test_it_is_xml_with_every_letter_of_the_diagram(residual):
    root = parsed(residual)
    assert root.tag == f"{NAMESPACE}svg"
    found = texts(root)
    for text in ("residual", "a 3x3", "8x8x4", "x3, then 4x4x4", "relu", "10"):
        assert text in found


def test_everything_lies_on_the_page(diagram):
    root = parsed(diagram)
    _, _, width, height = map(float, root.get("viewBox").split())
    for one in root.iter():
        for point in (one.get("points") or "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width and 0 <= y <= height


def test_who_points_at_a_box_reads_its_layers_in_full(inception):
    titles = [one.text for one in parsed(inception).iter(f"{NAMESPACE}title")]
    assert titles[0] == "inception"
    assert "a(3)" in titles


def fronts(shapes):
    """Heights and widths of the fronts of slabs."""
    parts = tuple(Box(f"conv{i}", "conv", ("conv",), shape) for i, shape in enumerate(shapes))
    found = []
    for group in parsed(Diagram("", "", Series(parts))).iter(f"{NAMESPACE}g"):
        front = group.findall(f"{NAMESPACE}polygon")[-1].get("points")
        xs, ys = zip(*(map(float, point.split(",")) for point in front.split()), strict=True)
        found.append((max(ys) - min(ys), max(xs) - min(xs)))
    return found


def test_rows_are_to_scale_and_channels_on_a_root_scale():
    (high, narrow), (low, wide) = fronts([(32, 32, 4), (8, 8, 16)])
    assert high / low == pytest.approx(4, abs=0.05)
    assert wide / narrow == pytest.approx(2, abs=0.05)


def test_rows_that_differ_much_are_on_a_root_scale():
    (high, _), (low, _) = fronts([(400, 400, 4), (16, 16, 4)])
    assert high / low == pytest.approx(5, abs=0.05)


def test_signals_and_vectors_have_no_depth():
    parts = (Box("a", "conv", ("a",), (100, 4)), Box("b", "dense", ("b",), (10,)))
    groups = parsed(Diagram("", "", Series(parts))).iter(f"{NAMESPACE}g")
    assert [len(group.findall(f"{NAMESPACE}polygon")) for group in groups] == [1, 1]


def test_stacked_branches_show_as_bands(unet):
    groups = {
        group.find(f"{NAMESPACE}title").text: len(group.findall(f"{NAMESPACE}polygon"))
        for group in parsed(unet).iter(f"{NAMESPACE}g")
    }
    assert groups["pool1(3)"] == 3
    assert groups["stack"] == 4  # top, side and two bands


def test_the_front_of_a_slab_has_the_color_of_its_family_and_its_top_a_lighter_one():
    parts = (Box("a", "conv", ("a",), (8, 8, 4)), Box("b", "pool", ("b",), (8, 8, 4)))
    groups = parsed(Diagram("", "", Series(parts))).iter(f"{NAMESPACE}g")
    fronts = []
    for group in groups:
        top, _, front = (one.get("fill") for one in group.findall(f"{NAMESPACE}polygon"))
        assert all(int(top[at : at + 2], 16) > int(front[at : at + 2], 16) for at in (1, 3, 5))
        fronts.append(front)
    assert fronts == ["#f2b561", "#e07a6b"]


def test_letters_that_mean_something_in_xml_stay_letters():
    box = Box("a", "conv", ("<b> & \x00",), (4, 4, 1))
    assert "<b> & ?" in texts(parsed(Diagram("", "", Series((box,)))))


def test_the_same_diagram_gives_the_same_bytes(diagram):
    assert write_svg(draw_page(diagram)) == write_svg(draw_page(diagram))
