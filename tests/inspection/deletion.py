"""How well maps say which pixels an answer depends on: the deletion figure, against random orders.

    python tests/inspection/deletion.py MODEL.npz FOLDER [METHOD…]

Pixels are set to zero in the order of a map, the largest first; the figure is the mean probability
of the answer meanwhile (Petsiuk et al. 2018, arXiv:1806.07421), so lower is better. Each method is
compared with random orders, image by image, by a paired t-test whose p is of the normal
distribution.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

from cnncli.inspection import find_method
from cnncli.inspection.base import Subject
from cnncli.trained.model import load

METHODS = ("gradcam", "occlusion", "integrated-gradients")
STEPS, ORDERS = 20, 5  # of a deletion; random ones for each image


def measure_deletion(trained, x, answer, pixels):
    """Return the mean probability of an answer while the pixels (H, W) of x go, largest first."""
    order = np.argsort(-pixels.ravel(), kind="stable")
    inputs = np.repeat(x[None], STEPS + 1, axis=0)
    for step, values in enumerate(inputs):
        values.reshape(len(order), -1)[order[: round(step / STEPS * len(order))]] = 0
    logits = trained.run(inputs)["logits"].astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = (shares / shares.sum(axis=1, keepdims=True))[:, answer]
    return float((shares[1:] + shares[:-1]).mean() / 2)


def main(model, folder, *methods):
    trained, random = load(model), np.random.default_rng(0)
    names = methods or METHODS
    figures = {name: [] for name in ("random", *names)}
    for path in sorted(Path(folder).rglob("*.png")):
        sample = trained.read(str(path))
        answer = int(trained.run(sample.input)["logits"].argmax())
        orders = (random.random(sample.input.shape[:2]) for _ in range(ORDERS))
        areas = [measure_deletion(trained, sample.input, answer, pixels) for pixels in orders]
        figures["random"].append(np.mean(areas))
        for name in names:
            (pixels,) = find_method(name).find(trained, Subject(sample)).values
            figures[name].append(measure_deletion(trained, sample.input, answer, pixels))
    print(f"random orders         {np.mean(figures['random']):.3f}")
    for name in names:
        gains = np.array(figures["random"]) - np.array(figures[name])
        t = gains.mean() / (gains.std(ddof=1) / math.sqrt(len(gains)))
        p = math.erfc(abs(t) / math.sqrt(2))
        better = f"better on {(gains > 0).sum()} of {len(gains)} images"
        print(f"{name:20}  {np.mean(figures[name]):.3f}  {better}, p = {p:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
