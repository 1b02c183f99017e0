"""A trained network as a page: what stands on it, before it is written as HTML."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from cnncli.value import Value


class Picture(Value):
    """A PNG file in the page, enlarged pixel by pixel where it is small."""

    png: bytes
    width: int  # in pixels of its own
    height: int
    words: str  # what it shows, for those who do not see it

    @property
    def address(self) -> str:
        """The picture itself, as an address."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}"


class Exhibit(Value):
    """Pictures beside each other, and lines about them."""

    pictures: Sequence[Picture]
    lines: Sequence[str]


class Layer(Value):
    """A row of the table of shapes."""

    name: str
    text: str  # as an architecture text
    output: str
    params: str
    macs: str
    field: str  # size of the receptive field
    frame: tuple[float, ...] | None  # left, top, width, height in percent of the sample; of the
    # position in the middle


class Arithmetic(Value):
    """The arithmetic of a layer's neurons on a sample: of one in words, of others in numbers."""

    layer: str
    filters: Sequence[str]  # their numbers
    lines: Sequence[str]  # of the neuron that answers most
    numbers: str  # JSON, for the script: see views/report/inside.py


class Cell(Value):
    """How many samples of a class got an answer."""

    count: int
    share: float  # of the samples of that class
    group: str  # name of the group that has its samples; empty: none has


class Confusion(Value):
    """A row for each true class, a column for each answer."""

    classes: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Group(Value):
    """Samples of one class that got the same answer."""

    name: str
    title: str
    pictures: Sequence[Picture]
    cut: str  # what is shown, where that is not all


class Answers(Value):
    """What a network answered to a labeled set."""

    data: str  # what was answered
    figures: Sequence[str]  # lines
    confusion: Confusion | None
    groups: Sequence[Group]
    right: Sequence[Exhibit]
    wrong: Sequence[Exhibit]  # the worst first
    method: str  # by which maps over them were made; empty: there are none


class Training(Value):
    """How a network was trained."""

    chart: str  # SVG
    columns: Sequence[str]
    epochs: Sequence[Sequence[str]]
    command: str  # that makes it again
    note: str


class Report(Value):
    """A page about a trained network."""

    title: str
    summary: Sequence[str]
    drawing: str  # SVG
    layers: Sequence[Layer]
    totals: Sequence[str]
    sample: Picture | None
    sample_name: str
    filters: Exhibit | None
    maps: Exhibit | None
    arithmetic: Arithmetic | None
    explained: Sequence[Exhibit]  # samples, each with what decides its answer
    answers: Answers | None
    training: Training | None
    hints: Sequence[str]  # what would be on the page, had more been given

    @property
    def parts(self) -> list[str]:
        """What is on the page: the names of its sections."""
        there = {
            "network": True,
            "inside": self.filters or self.maps,
            "explained": self.explained,
            "answers": self.answers,
            "training": self.training,
        }
        return [name for name, content in there.items() if content]
