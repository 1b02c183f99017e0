"""What an ONNX file says of its network besides the graph: text under names, most of it JSON.

`cnncli.arch` is the architecture text, `cnncli.input` the shape of a sample, HxWxC; JSON are
`cnncli.classes` (names in the order of the outputs), `cnncli.preprocessing` and `cnncli.task` (as
in the model file), `cnncli.embedded` (whether the graph does the preprocessing itself) and
`cnncli.checked` (how the file was proved to answer the same).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.model_file import Model

PREFIX = "cnncli."


def describe(model: Model, graph: Graph, *, embedded: bool) -> dict[str, str]:
    """Return the entries of a file, by their names."""
    values = {
        "classes": model.classes,
        "embedded": embedded,
        "preprocessing": model.preprocessing,
        "task": model.task,
    }
    return {
        f"{PREFIX}arch": graph.text,
        f"{PREFIX}input": "x".join(map(str, graph.input_shape)),
        **{f"{PREFIX}{name}": write_json(value) for name, value in values.items()},
    }


def write_json(value: Any) -> str:
    """Return a value as JSON, equal for equal values."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
