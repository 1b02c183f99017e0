"""How well maps say which pixels an answer depends on, over a folder: deletion and insertion.

    python tests/inspection/deletion.py MODEL.npz FOLDER [METHOD…]

The areas of `inspect-filters --score` as means over all images, and each method compared with the
random orders, image by image, by a paired t-test whose p is of the normal distribution.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

from cnncli.inspection import find_method
from cnncli.inspection.base import Subject
from cnncli.inspection.score import CURVES, choose_followed, score_map
from cnncli.trained.model import load

METHODS = ("gradcam", "occlusion", "integrated-gradients")
SIGNS = np.array([-1, 1])  # whether more is better: of a deletion less


def main(model, folder, *names):
    trained = load(model)
    methods = [find_method(name) for name in names or METHODS]
    figures = {method: [] for method in methods}
    for path in sorted(Path(folder).rglob("*.png")):
        subject = Subject(trained.read(str(path)))
        for method in methods:
            target = choose_followed(trained, subject, method)
            maps = method.find(trained, subject)
            scored = score_map(trained, subject.sample, target, maps).figures
            figures[method].append([scored["area"], scored["random"]])
    for method, areas in figures.items():
        area, random = np.moveaxis(np.array(areas, np.float64), 1, 0)
        gains = SIGNS * (area - random)
        t = gains.mean(axis=0) / (gains.std(axis=0, ddof=1) / math.sqrt(len(gains)))
        for curve, name in enumerate(CURVES):
            p = math.erfc(abs(t[curve]) / math.sqrt(2))
            means = f"{area[:, curve].mean():.3f}, random {random[:, curve].mean():.3f}"
            better = f"better on {(gains[:, curve] > 0).sum()} of {len(gains)} images"
            print(f"{method!s:20}  {name:9}  {means}, {better}, p = {p:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
