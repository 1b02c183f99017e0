import numpy as np

from cnncli.render.chart import Chart, Line, Panel, Style
from cnncli.render.drawing import draw, paint
from cnncli.render.sheet import Sheet, Tile

SHEET = Sheet("conv1", "digits.npz", [Tile(np.zeros((4, 4, 3), np.uint8), "0")], None)
LINE = Line(((0.0, 1.0), (1.0, 3.0)), Style())
CHART = Chart("Loss", (("a", Style()),), (Panel("loss", (LINE,)),), "epoch")


def test_sheets_and_charts_are_painted_and_drawn_in_characters():
    for drawing, title in ((SHEET, "conv1"), (CHART, "Loss")):
        assert min(paint(drawing).size) > 100
        assert draw(drawing, 80, "none")[0] == title
