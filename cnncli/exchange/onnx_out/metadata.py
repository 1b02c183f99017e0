"""What an ONNX file says of its network besides the graph: text under names.

`cnncli` is what a model file says of itself, the JSON of `describe_model`: architecture, input,
class names, preprocessing, task and training. `cnncli.embedded` is true where the graph does the
preprocessing itself, `cnncli.checked` the JSON of how the file was proved to answer the same.
"""

from __future__ import annotations

import json
from typing import Any

from cnncli.exchange.onnx_library import onnx
from cnncli.model_file import Model, describe_model

DESCRIPTION, EMBEDDED, CHECKED = "cnncli", "cnncli.embedded", "cnncli.checked"


def describe(model: Model, *, embedded: bool) -> list[Any]:
    """Return the entries of a file, onnx.StringStringEntryProto."""
    return [
        make_entry(DESCRIPTION, describe_model(model)),
        make_entry(EMBEDDED, json.dumps(embedded)),
    ]


def make_entry(name: str, text: str) -> Any:
    """Return a text under a name."""
    return onnx.StringStringEntryProto(key=name, value=text)
