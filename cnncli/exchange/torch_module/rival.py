"""PyTorch as a rival, which proves that a module answers as its network does."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.errors import ArchitectureError
from cnncli.exchange.proof import Inputs, Rival

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncli.layers.base import Array
    from cnncli.model_file import Model

WEIGHTS = "network.safetensors"  # what a module names that nobody writes


def open_network(model: Model) -> Rival | None:
    """Return PyTorch with a network's weights in a module of its layers.

    None without PyTorch, or for layers that it has not.
    """
    from cnncli.exchange.tensors.safetensors import name_arrays
    from cnncli.exchange.torch_module.source import write_source

    try:
        source = write_source(model, WEIGHTS)
    except ArchitectureError:
        return None
    return open_torch(source, name_arrays(model), prepares=False)


def open_torch(source: str, weights: Mapping[str, Array], *, prepares: bool) -> Rival | None:
    """Return PyTorch with the module that a Python file of ours defines; None without PyTorch.

    `weights` are its arrays by the names and in the shapes that the module has; `prepares` says
    that all that is done to samples is in the file.
    """
    try:
        torch: Any = import_module("torch")
    except ImportError:
        return None
    names: dict[str, Any] = {"__name__": "network", "__file__": "network.py"}
    exec(compile(source, "network.py", "exec"), names)
    network = names["Network"]()
    tensors = {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}
    network.load_state_dict(tensors)
    network.eval()

    def take(inputs: Inputs) -> Any:
        if prepares:
            return names["prepare"](torch.from_numpy(np.array(inputs.samples)))
        return torch.from_numpy(np.array(np.moveaxis(inputs.normalized, -1, 1)))

    def answer(inputs: Inputs) -> Array:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # so that figures are the same
        try:
            with torch.no_grad():
                logits = network(take(inputs))
        finally:
            torch.set_num_threads(threads)
        return np.asarray(np.moveaxis(logits.numpy(), 1, -1))

    return Rival(f"PyTorch {torch.__version__}", answer)
