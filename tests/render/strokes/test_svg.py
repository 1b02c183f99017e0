from xml.etree import ElementTree

from cnncli.render.strokes import Arrow, Group, Page, Path, Polygon, Text
from cnncli.render.strokes.svg import INKS, write_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"
LINE = ((10.0, 10.0), (90.0, 50.0))


def parse(*strokes):
    page = Page(100, 60, "a <page>", strokes)
    return ElementTree.fromstring("\n".join(write_svg(page)))


def test_a_page_has_its_size_and_its_title():
    root = parse()
    assert root.get("viewBox") == "0 0 100 60"
    assert root.find(f"{NAMESPACE}title").text == "a <page>"


def test_every_stroke_becomes_an_element():
    strokes = (
        Polygon(LINE, "#123456"),
        Path(LINE, "#abcdef", 2.0),
        Arrow((50.0, 30.0)),
        Text((5.0, 5.0), "a & b"),
    )
    names = [element.tag.removeprefix(NAMESPACE) for element in parse(Group("all", strokes)).iter()]
    assert names == ["svg", "title", "g", "title", "polygon", "polyline", "polygon", "text"]


def test_lines_have_their_color_or_the_one_of_their_ink():
    colored, inked = parse(Path(LINE, "#abcdef"), Path(LINE)).iter(f"{NAMESPACE}polyline")
    assert colored.get("stroke") == "#abcdef"
    assert inked.get("stroke") == INKS["ink"]


def test_only_dashed_lines_are_dashed():
    dashed, solid = parse(Path(LINE, dashed=True), Path(LINE)).iter(f"{NAMESPACE}polyline")
    assert dashed.get("stroke-dasharray") == "4 3"
    assert solid.get("stroke-dasharray") is None
