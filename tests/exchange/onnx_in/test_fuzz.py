"""Random damage to ONNX files: they are refused in a line, or a network comes of it.

No other error, no more memory than is allowed. `pytest -m slow tests/exchange` does it at length.
"""

import random
import warnings

import numpy as np
import pytest
from damage import damage_bytes, limited_memory
from onnx_files import make_file, read

from cnncli.errors import CnncliError


def make_network(path):
    """Write a network with branches, arithmetic with sizes and functions spelled out."""
    numbers = np.random.default_rng(1)

    def draw(*shape):
        return numbers.standard_normal(shape).astype(np.float32)

    nodes = [
        ("Conv", "x w", "a", {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ("BatchNormalization", "a s s m v", "b"),
        ("Add", "b three", "c"),
        ("Clip", "c zero six", "d"),
        ("Div", "d six", "e"),
        ("Mul", "b e", "f"),
        ("MaxPool", "f", "g", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
        ("Concat", "f g", "h", {"axis": 1}),
        ("Shape", "h", "i"),
        ("Gather", "i place", "j"),
        ("Concat", "j minus", "k", {"axis": 0}),
        ("Reshape", "h k", "l"),
        ("Gemm", "l u", "n", {"transB": 1}),
        ("Softmax", "n", "y", {"axis": 1}),
    ]
    constants = {
        "w": draw(4, 3, 3, 3),
        "s": draw(4),
        "m": draw(4),
        "v": abs(draw(4)),
        "u": draw(5, 8 * 3 * 4),
    }
    constants |= {name: np.float32(x) for name, x in (("zero", 0), ("three", 3), ("six", 6))}
    constants |= {"place": np.array([0]), "minus": np.array([-1])}
    make_file(path, nodes, (3, 6, 8), "y", **constants)


def fuzz(path, count):
    """Read that many damaged versions of a file; return how many were refused, and the reasons."""
    data, chance = path.read_bytes(), random.Random(1)
    refused, reasons = 0, set()
    with limited_memory(), warnings.catch_warnings():
        for _ in range(count):
            path.unlink()  # quicker than to overwrite it
            path.write_bytes(damage_bytes(chance, data))
            try:
                read(path)
            except CnncliError as error:
                assert str(error).isprintable()
                refused += 1
                reasons.add(str(error).removeprefix(f"{path}: ")[:24])
    return refused, reasons


def test_damaged_files_are_refused_or_read(tmp_path):
    path = tmp_path / "net.onnx"
    make_network(path)
    assert read(path).arch.startswith("conv(4, 3, 2, 1, bias=no) >> bn >> hard_swish >> (id | max")
    refused, reasons = fuzz(path, 300)
    assert 100 < refused <= 300 and len(reasons) > 5


@pytest.mark.slow
def test_damaged_files_are_refused_or_read_at_length(tmp_path):
    path = tmp_path / "net.onnx"
    make_network(path)
    refused, reasons = fuzz(path, 10_000)
    assert 4000 < refused <= 10_000 and len(reasons) > 20
