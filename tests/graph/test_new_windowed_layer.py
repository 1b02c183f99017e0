"""A layer with windows needs no more than its declarations to be explained, mended and drawn."""

import pytest

from cnncli.graph import build_graph
from cnncli.graph.explaining import explain
from cnncli.graph.mending import mend
from cnncli.layers import LAYERS
from cnncli.layers.base import Parameter
from cnncli.layers.geometry import Windowed, add_channels, lay_windows
from cnncli.notation import parse
from cnncli.presets import Preset
from cnncli.presets.adaptation import adapt
from cnncli.render.diagram.page import draw_page
from cnncli.render.diagram.parts import list_boxes
from cnncli.render.strokes.svg import write_svg
from cnncli.settings import COUNT, PADDING, SIZE, Padding, Size, setting
from cnncli.views.diagram import make_diagram


@pytest.fixture(autouse=True)
def lppool():
    class LpPool(Windowed, kind="lppool"):
        """Root of the sum of p-th powers of each window."""

        size: Size = setting(SIZE, (2,))
        stride: Size | None = setting(SIZE, None)
        pad: Padding = setting(PADDING, (0,))
        power: int = setting(COUNT, 2)

        family = "pool"

        def windows(self, x):
            return lay_windows(x, self.size, self.stride or self.size, self.pad)

        def output_shape(self, *inputs):
            return add_channels(inputs[0], self.windows(inputs[0]).output, inputs[0][-1])

    yield
    del LAYERS._entries["lppool"]


@pytest.fixture
def weighted():
    class Weighted(Windowed, kind="weighted"):
        """Sum of each window, a weight for each of its positions."""

        size: Size = setting(SIZE)
        stride: Size = setting(SIZE, (1,))
        pad: Padding = setting(PADDING, (0,))

        family = "conv"

        def windows(self, x):
            return lay_windows(x, self.size, self.stride, self.pad)

        def output_shape(self, *inputs):
            return add_channels(inputs[0], self.windows(inputs[0]).output, inputs[0][-1])

        def parameters(self, *inputs):
            size = self.windows(inputs[0]).size
            return {"weight": Parameter(size, size[0] * size[1])}

        def macs(self, *inputs):
            windows = self.windows(inputs[0])
            return windows.area * windows.count * inputs[0][-1]

    yield
    del LAYERS._entries["weighted"]


def test_it_is_explained():
    graph = build_graph(parse("lppool(3, 2)"), (9, 8, 4))
    assert explain(graph, graph.nodes[0]) == [
        "P = (9 - 3 + 2*0)/2 + 1 = 4",
        "Q = floor((8 - 3 + 2*0)/2) + 1 = 3",
        "field = 1 + (3 - 1)*1 = 3",
        "jump = 1*2 = 2",
        "columns lost = 8 - ((3 - 1)*2 + 3 - 0) = 1",
        "the stride does not fit: nothing is lost with lppool(3, 2, 1) or lppool(3, 1)",
    ]


@pytest.mark.usefixtures("weighted")
def test_what_it_learns_is_explained():
    graph = build_graph(parse("weighted(3x2)"), (5, 4, 2))
    lines = explain(graph, graph.nodes[0])
    assert "params = 3*2 = 6" in lines
    assert "MACs = 108" in lines
    assert "params if dense = 3*3*2*5*4*2 = 720" in lines


@pytest.mark.usefixtures("weighted")
@pytest.mark.parametrize(
    "text",
    ["lppool(9)", "lppool(3)", "global_avgpool >> lppool", "weighted(9)", "weighted(3) + id"],
)
def test_it_is_made_to_fit_as_the_layers_of_its_family_are(text):
    mended = mend(parse(text), (8, 8, 3))
    assert len(mended.changes) == 1
    assert alike(mended.graph.text) == mend(parse(alike(text)), (8, 8, 3)).graph.text


def test_it_is_drawn_in_the_color_of_its_family():
    diagram = make_diagram(build_graph(parse("lppool(3, 2) >> relu"), (9, 9, 4)), "", expand=False)
    box = list(list_boxes(diagram.body))[-1]
    assert (box.family, box.lines) == ("pool", ("lppool 3x3", "stride 2", "relu"))
    assert "lppool 3x3" in "".join(write_svg(draw_page(diagram)))


@pytest.mark.usefixtures("weighted")
def test_it_is_adapted_to_small_images_as_the_layers_of_its_family_are():
    text = "weighted(7, 2, 3) >> lppool(3, 2, 1) >> weighted(3, 8, 1) >> dense(classes)\n"
    changes = adapt_to_32(text)
    assert changes == [
        "weighted(7, 2, 3) becomes weighted(3, pad=1)",
        "lppool(3, 2, 1) is left out",
    ]
    assert [alike(change) for change in changes] == adapt_to_32(alike(text))


def alike(text):
    """The same with a pool and a convolution that everybody knows."""
    return text.replace("lppool", "avgpool").replace("weighted", "depthwise")


def adapt_to_32(text):
    preset = Preset("mine", "Mine", "nobody", text, (224, 224, 3), 10)
    return [str(change) for change in adapt(preset, (32, 32, 3)).changes]
