"""A network on an input of a given size, without any numbers in it yet.

Shapes are those of a single image: (H, W, C), (L, C) for a signal, (units,) for a vector.
"""

from cnncli.graph.building import build_graph as build_graph
from cnncli.graph.nodes import INPUT as INPUT
from cnncli.graph.nodes import Graph as Graph
from cnncli.graph.nodes import Node as Node
