"""Random damage to ONNX files: they are refused in a line, or a network comes of it.

No other error, no more memory than is allowed. `pytest -m slow tests/exchange` does it at length.
"""

import random
import warnings

import numpy as np
import pytest
from damage import damage_bytes, limited_memory
from onnx_files import make_file, onnx, read

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


def make_old_network(path):
    """Write a network of opset 6 that ends in sigmoids, its filters in a file beside it."""
    numbers = np.random.default_rng(2)
    filters = numbers.standard_normal((4, 3, 3, 3)).astype(np.float32)
    nodes = [
        ("Pad", "x", "p", {"pads": [0, 0, 1, 0, 0, 0, 1, 2], "value": 0.5}),
        ("Conv", "p w", "a"),
        ("Add", "a c", "b", {"broadcast": 1, "axis": 1}),
        ("PRelu", "b c", "d"),
        ("Selu", "d", "e"),
        ("ReduceMean", "e", "g", {"axes": [2, 3], "keepdims": 0}),
        ("Mul", "e g", "h", {"broadcast": 1, "axis": 0}),
        ("ReduceSum", "h", "i", {"axes": [1]}),
        ("Sigmoid", "i", "y"),
    ]
    constants = {"w": filters, "c": numbers.standard_normal(4).astype(np.float32)}
    model = onnx.load(make_file(path, nodes, (3, 6, 8), "y i", opset=6, **constants))
    settings = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 64}
    onnx.save(model, path, **settings)


def fuzz(path, count, **given):
    """Read that many damaged versions of a file; return how many were refused, and the reasons."""
    data, chance = path.read_bytes(), random.Random(1)
    refused, reasons = 0, set()
    with limited_memory(), warnings.catch_warnings():
        for _ in range(count):
            path.unlink()  # quicker than to overwrite it
            path.write_bytes(damage_bytes(chance, data))
            try:
                read(path, **given)
            except CnncliError as error:
                assert str(error).isprintable()
                refused += 1
                reasons.add(str(error).removeprefix(f"{path}: ")[:24])
    return refused, reasons


def check(path, count):
    make_network(path)
    assert read(path).arch.startswith("conv(4, 3, 2, 1, bias=no) >> bn >> hard_swish >> (id | max")
    refused, reasons = fuzz(path, count)
    assert count // 3 < refused <= count and len(reasons) > 5


def check_old(path, count):
    make_old_network(path)
    given = {"external_data": True, "output": "y"}
    assert read(path, **given).arch.endswith(">> conv(1, 1, bias=no) >> bn >> conv(2, 1, bias=no)")
    refused, reasons = fuzz(path, count, **given)
    assert count // 3 < refused <= count and len(reasons) > 5


@pytest.mark.parametrize("check", [check, check_old])
def test_damaged_files_are_refused_or_read(tmp_path, check):
    check(tmp_path / "net.onnx", 300)


@pytest.mark.slow
@pytest.mark.parametrize("check", [check, check_old])
def test_damaged_files_are_refused_or_read_at_length(tmp_path, check):
    check(tmp_path / "net.onnx", 10_000)
