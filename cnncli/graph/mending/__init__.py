"""Mending: the nearest architecture that fits its input, which is what `shape-calc --fix` prints.

`mend` goes through the network; `variants` knows what could stand in the place of a layer,
`branches` how branches come to end in the same size, `unused_input` which strides
leave some of it over.
"""

from cnncli.graph.mending.network import Mended as Mended
from cnncli.graph.mending.network import mend as mend
