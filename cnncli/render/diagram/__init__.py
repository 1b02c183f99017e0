"""Boxes joined by lines, drawn as papers draw networks: a layout for all, a file per format."""

from cnncli.render.diagram.parts import Box as Box
from cnncli.render.diagram.parts import Diagram as Diagram
from cnncli.render.diagram.parts import Fork as Fork
from cnncli.render.diagram.parts import Repeated as Repeated
from cnncli.render.diagram.parts import Series as Series
