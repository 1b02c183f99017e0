"""Files of a few arrays: sound ones, and ones that are wrong in a single respect."""

import json
import struct

import numpy as np
import pytest

from cnncli.errors import ModelFileError
from cnncli.exchange.tensors.safetensors import read_arrays

NUMBERS = np.arange(6, dtype="<f4").tobytes()


def entry(dtype="F32", shape=(2, 3), places=(0, 24)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(places)}


def pack(header, data=NUMBERS):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def read(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    return read_arrays(str(path))


def test_arrays_are_read_with_their_names_types_and_shapes(tmp_path):
    stored = read(tmp_path, pack({"__metadata__": {"format": "pt"}, "a.weight": entry()}))
    assert stored.types == {"a.weight": "float32"}
    assert stored.arrays["a.weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert stored.description is None and not stored.ordered


def test_arrays_can_be_changed(tmp_path):
    arrays, _ = read(tmp_path, pack({"a": entry()})).to_float32()
    arrays["a"][0, 0] = 7


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_floats_become_float32_and_that_is_said(tmp_path, dtype):
    values = np.array([1.5, -0.25], dtype)
    name = {"float16": "F16", "float64": "F64"}[dtype]
    data = values.tobytes()
    stored = read(tmp_path, pack({"a": entry(name, [2], [0, len(data)])}, data))
    arrays, notes = stored.to_float32()
    assert arrays["a"].tolist() == [1.5, -0.25] and arrays["a"].dtype == np.float32
    assert notes == (f"1 arrays of {dtype} converted to float32",)


def test_bfloat16_is_widened_exactly(tmp_path):
    data = struct.pack("<3H", 0x3F80, 0xC000, 0x0001)  # 1, -2 and the smallest there is
    stored = read(tmp_path, pack({"a": entry("BF16", [3], [0, 6])}, data))
    arrays, notes = stored.to_float32()
    assert arrays["a"].tolist() == [1, -2, 2.0**-133]
    assert notes == ("1 arrays of bfloat16 converted to float32",)


def test_values_that_float32_has_not_are_refused(tmp_path):
    data = np.array([1e300]).tobytes()
    stored = read(tmp_path, pack({"a": entry("F64", [1], [0, 8])}, data))
    with pytest.raises(ModelFileError, match="'a' has NaN or infinite values"):
        stored.to_float32()


def test_quantized_weights_are_refused(tmp_path):
    stored = read(tmp_path, pack({"a": entry("I8", [2, 3], [0, 6])}, bytes(6)))
    with pytest.raises(ModelFileError, match="'a' is of int8: quantized weights are not read"):
        stored.to_float32()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is no .safetensors file, or truncated"),
        (struct.pack("<Q", 2**63) + b"{}", "is no .safetensors file, or truncated"),
        (pack(b"[]", b""), "does not begin with {"),
        (pack(b'{"a": 1, "a": 1}', b""), "a key is given twice"),
        (pack(b'{"a": ' + b"[" * 99999, b""), "is not the JSON that it should be"),
        (pack({"a": {"dtype": "F32"}}), "does not describe the array 'a'"),
        (pack({"a": entry("F8_E4M3")}), "is of 'F8_E4M3'; convert it to one of"),
        (pack({"a": entry(shape=[-2, -3])}), "a size of 'a' that is none"),
        (pack({"a": entry(shape=[2, True])}), "a size of 'a' that is none"),
        (pack({"a": entry(shape=[1] * 9 + [6])}), "a size of 'a' that is none"),
        (pack({"a": entry(shape=[2**40, 2**40])}), "the shape of 'a' is not that of its bytes"),
        (pack({"a": entry(places=[0, 20])}), "the shape of 'a' is not that of its bytes"),
        (pack({"a": entry(places=[4, 28])}), "overlap or leave gaps"),
        (pack({"a": entry(), "b": entry(places=[0, 24])}), "overlap or leave gaps"),
        (pack({"a": entry()}, bytes(28)), "24 bytes, and 28 follow the header"),
        (pack({"a": entry()}, bytes(20)), "is truncated in 'a'|and 20 follow"),
        (pack({"__metadata__": {"format": 1}, "a": entry()}), "its metadata are not texts"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_sound_is_refused(tmp_path, content, fault):
    with pytest.raises(ModelFileError, match=fault) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "weights.safetensors: "))
    assert str(caught.value).isprintable()


def test_a_header_too_long_for_a_network_is_not_read(tmp_path):
    path = tmp_path / "weights.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 2**24))
        file.truncate(2**24 + 100)
    with pytest.raises(ModelFileError, match="its header has 16777216 bytes"):
        read_arrays(str(path))
