"""Random damage to files of weights: they are refused in a line, or arrays come of it.

No other error, no more memory than is allowed. `pytest -m slow tests/exchange` does it at length.
"""

import io
import random

import pytest
from damage import damage_bytes, limited_memory
from model_forge import make_model

from cnncli.errors import ModelFileError
from cnncli.exchange.export import Export
from cnncli.exchange.tensors import safetensors, torch_file


def make_safetensors(path):
    safetensors.write_model(str(path), make_model(), Export(check=0))


def make_torch_file(path, as_zip):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
    whole = torch.arange(30.0)
    state = {"conv.weight": whole.reshape(5, 6).t(), "conv.bias": whole[7:], "n": torch.tensor(3)}
    buffer = io.BytesIO()
    saved = {"state_dict": state, "epoch": 3}
    torch.save(saved, buffer, _use_new_zipfile_serialization=as_zip)
    path.write_bytes(buffer.getvalue())


FORMATS = pytest.mark.parametrize(
    ("make", "read"),
    [
        (make_safetensors, safetensors.read_arrays),
        (lambda path: make_torch_file(path, True), torch_file.read_arrays),
        (lambda path: make_torch_file(path, False), torch_file.read_arrays),
    ],
    ids=["safetensors", "zip", "legacy"],
)


def fuzz(path, read, count):
    """Read that many damaged versions of a file; return how many were refused, and the reasons."""
    data, chance = path.read_bytes(), random.Random(1)
    refused, reasons = 0, set()
    with limited_memory():
        for _ in range(count):
            path.unlink()  # quicker than to overwrite it
            path.write_bytes(damage_bytes(chance, data))
            try:
                read(str(path)).to_float32()
            except ModelFileError as error:
                assert str(error).isprintable()
                refused += 1
                reasons.add(str(error).removeprefix(f"{path}: ")[:24])
    return refused, reasons


@FORMATS
def test_damaged_files_are_refused_or_read(tmp_path, make, read):
    path = tmp_path / "weights"
    make(path)
    refused, reasons = fuzz(path, read, 500)
    assert 200 < refused <= 500 and len(reasons) > 5


@pytest.mark.slow
@FORMATS
def test_damaged_files_are_refused_or_read_at_length(tmp_path, make, read):
    path = tmp_path / "weights"
    make(path)
    refused, reasons = fuzz(path, read, 10_000)
    assert 5000 < refused <= 10_000 and len(reasons) > 8
