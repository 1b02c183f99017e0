"""PyTorch, eager; the variant `channels_last` lays activations and weights out as NHWC."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from exported import Array, Exported, Predictor
from torch_networks import NETWORKS
from workloads import Workload


def trainer(workload: Workload, threads: int, variant: str) -> tuple[Callable[[], object], int]:
    """Return a step of training, and the number of parameters it trains."""
    torch.set_num_threads(threads)
    height, width, channels = workload.size
    module = NETWORKS[workload.name](workload.classes).to(memory_format=_layout(variant))
    images = torch.randn(workload.batch, channels, height, width)
    images = images.to(memory_format=_layout(variant))
    labels = torch.randint(0, workload.classes, (workload.batch, *workload.labels))
    optimizer = torch.optim.SGD(module.parameters(), 0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(module(images), labels).backward()
        optimizer.step()

    return step, sum(one.numel() for one in module.parameters())


def predictor(files: Exported, threads: int, variant: str) -> Predictor:
    torch.set_num_threads(threads)
    module = NETWORKS[files.workload.name](files.workload.classes)
    module.load_state_dict(torch.load(files.state))
    module = module.eval().to(memory_format=_layout(variant))
    images = torch.from_numpy(files.images).to(memory_format=_layout(variant))

    def predict() -> Array:
        with torch.inference_mode():
            return module(images).numpy()

    return predict


def _layout(variant: str) -> torch.memory_format:
    return torch.channels_last if variant == "channels_last" else torch.contiguous_format
