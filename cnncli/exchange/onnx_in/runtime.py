"""ONNX Runtime on the very file that was read, which proves that our network answers the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.errors import setting
from cnncli.exchange.onnx_in.reading import load_content
from cnncli.exchange.onnx_library import onnx
from cnncli.exchange.onnx_out.runtime import find_runtime, open_session
from cnncli.exchange.proof import Inputs, Rival

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncli.exchange.onnx_in.network import Chances
    from cnncli.layers.base import Array
    from cnncli.model_file import Model


def open_source(
    path: str,
    model: Model,
    outputs: Sequence[str],
    *,
    chances: Chances | None = None,
    external_data: bool = False,
) -> Rival | None:
    """Return ONNX Runtime with a file that was read as this model; None where it is not installed.

    `outputs` are the values that the model answers with. Where they are `chances`, the values
    before its sigmoids are compared. Raises CnncliError where it refuses the file.
    """
    runtime = find_runtime()
    if runtime is None:
        return None
    content = load_content(path, external_data=external_data)
    answers = [*outputs]
    if chances is not None:
        answers = _find_logits(content.graph, answers, {"Sigmoid"})
    elif model.graph.nodes and model.graph.nodes[-1].layer.kind == "softmax":
        answers = _find_logits(content.graph, answers, {"Softmax", "LogSoftmax"})
    kept = [value.name for value in content.graph.output]
    added = [onnx.ValueInfoProto(name=name) for name in answers if name not in kept]
    content.graph.output.extend(added)
    remedy = f"{setting('check')} 0 converts it without a proof"
    session = open_session(runtime, content.SerializeToString(), path, remedy)
    takes = session.get_inputs()[0]
    samples, *sizes = takes.shape
    last = [*model.input_shape] == sizes  # as in files that begin with a Transpose

    def answer(inputs: Inputs) -> Array:
        taken = inputs.normalized if last else np.moveaxis(inputs.normalized, -1, 1)
        count = samples if isinstance(samples, int) and samples > 0 else len(taken)
        parts = []
        for start in range(0, len(taken), count):
            batch = np.resize(taken[start : start + count], (count, *taken.shape[1:]))
            made = session.run(answers, {takes.name: np.ascontiguousarray(batch)})
            if chances == "of a class":  # of the second one; the logit of the first is 0
                made = [_move(array, model) for array in (np.zeros_like(made[0]), *made)]
            else:
                made = [_move(array, model) for array in made]
            parts.append(np.concatenate(made, axis=-1))
        return np.concatenate(parts)[: len(taken)]

    return Rival(f"ONNX Runtime {runtime.__version__}", answer)


def _find_logits(graph: Any, answers: list[str], operators: set[str]) -> list[str]:
    """Return what the sigmoids or softmaxes at the end read."""
    makers = {name: node for node in graph.node for name in node.output}
    logits = []
    for name in answers:
        while makers[name].op_type not in operators:
            name = makers[name].input[0]
        logits.append(makers[name].input[0])
    return logits


def _move(array: Array, model: Model) -> Array:
    """Return answers (N, C, H, W) as (N, H, W, C), and (N, C, 1, 1) as (N, C).

    Those with fewer axes than ours, (N, H, W) or (N, H W, C), are in our order.
    """
    shape = model.graph.output_shape
    if array.ndim <= len(shape):
        return array.reshape(len(array), *shape[:-1], -1)
    if array.shape[1:-1] == shape[:-1] and len(shape) > 1 and array.shape[-1] == shape[-1]:
        return array
    moved = np.moveaxis(array, 1, -1)
    return moved.reshape(len(array), *shape[:-1], -1)
