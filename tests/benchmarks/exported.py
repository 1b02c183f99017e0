"""What every rival that predicts is given: a network's weights, its ONNX files, images, logits."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from workloads import WORKLOADS, Workload

Array = np.ndarray
Predictor = Callable[[], Sequence[Array]]  # computes the logits of a batch, image by image
OPSET = 17


class Exported:
    """The files of one network in a directory, for one size of batch."""

    def __init__(self, directory: Path, workload: Workload, batch: int) -> None:
        self.workload, self.batch = workload, batch
        self.path = directory / workload.name
        self.state = directory / f"{workload.name}.pt"
        self.onnx = directory / f"{workload.name}-{batch}.onnx"
        self.onnx_of_one = directory / f"{workload.name}-1.onnx"

    @property
    def images(self) -> Array:
        """Random images, NCHW."""
        return np.load(f"{self.path}-images.npy")[: self.batch]

    @property
    def logits(self) -> Array:
        """What PyTorch makes of the images."""
        return np.load(f"{self.path}-logits.npy")[: self.batch]

    @property
    def weights(self) -> list[Array]:
        """All learned arrays and running statistics, in the order of the notation."""
        with np.load(f"{self.path}.npz") as arrays:
            return list(arrays.values())


def export(directory: Path, workload: Workload, model: Path | None = None) -> None:
    """Write the files, with the weights of a model file or with random ones."""
    import torch
    from torch_networks import NETWORKS

    torch.manual_seed(0)
    height, width, channels = workload.size
    module = NETWORKS[workload.name](workload.classes)
    images = torch.randn(workload.batch, channels, height, width)
    parameters = {name: one for name, one in module.state_dict().items() if "num_" not in name}
    with torch.no_grad():
        for _ in range(10):  # running statistics that are neither 0 nor 1
            module.train()(images)
        if model is not None:
            with np.load(model) as arrays:
                learned = [arrays[name] for name in arrays.files if name != "manifest"]
            for tensor, array in zip(parameters.values(), learned, strict=True):
                tensor.copy_(torch.from_numpy(array))
        logits = module.eval()(images)
    for batch in {1, workload.batch}:
        path = Exported(directory, workload, batch).onnx
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, (images[:batch],), path, dynamo=False, opset_version=OPSET)
    files = Exported(directory, workload, workload.batch)
    torch.save(module.state_dict(), files.state)
    np.savez(files.path, **{name: tensor.numpy() for name, tensor in parameters.items()})
    np.save(f"{files.path}-images", images.numpy())
    np.save(f"{files.path}-logits", logits.numpy())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--weights", type=Path, help="a model file of cnncli")
    given = parser.parse_args()
    export(given.directory, WORKLOADS[given.workload], given.weights)
