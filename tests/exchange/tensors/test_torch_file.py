"""Files that PyTorch wrote, in its form of today and in that of before version 1.6."""

import io
import pickle
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")

from cnncli.errors import ModelFileError  # noqa: E402
from cnncli.exchange.tensors.torch_file import read_arrays  # noqa: E402

FORMS = pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "legacy"])


def make_state():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)).state_dict()


def save(saved, as_zip):
    buffer = io.BytesIO()
    torch.save(saved, buffer, _use_new_zipfile_serialization=as_zip)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path):
    """Read a file of what PyTorch saves, or of these bytes."""

    def read(saved, as_zip=True):
        path = tmp_path / "weights.pth"
        path.write_bytes(saved if isinstance(saved, bytes) else save(saved, as_zip))
        return read_arrays(str(path))

    return read


@FORMS
def test_a_state_dict_is_read_bit_by_bit_in_its_order(read, as_zip):
    state = make_state()
    stored = read(state, as_zip)
    assert list(stored.arrays) == list(state) and stored.ordered
    for name, tensor in state.items():
        assert np.array_equal(stored.arrays[name], tensor.numpy()), name
        assert stored.types[name] == str(tensor.dtype).removeprefix("torch.")


@FORMS
@pytest.mark.parametrize("kind", ["float64", "float16", "bfloat16", "int8", "bool"])
def test_numbers_of_every_kind_are_read(read, as_zip, kind):
    values = torch.tensor([0.0, 1.0, 1.0]).to(getattr(torch, kind))
    stored = read({"a": values}, as_zip)
    assert stored.types == {"a": kind}
    assert stored.arrays["a"].tolist() == [0, 1, 1]


@FORMS
def test_tensors_that_share_a_storage_and_lie_in_it_otherwise_are_read(read, as_zip):
    whole = torch.arange(24.0).reshape(2, 3, 4)
    state = {"turned": whole.permute(2, 0, 1), "part": whole[1, :, 1:3], "same": whole}
    stored = read(state, as_zip)
    for name, tensor in state.items():
        assert np.array_equal(stored.arrays[name], tensor.numpy()), name


@FORMS
def test_weights_are_found_within_what_a_training_script_wraps_them_in(read, as_zip):
    wrapped = {"epoch": 3, "best": 0.5, "args": None, "optimizer": {"state": {0: make_state()}}}
    stored = read({**wrapped, "state_dict": make_state()}, as_zip)
    assert list(stored.arrays) == list(make_state())
    assert stored.notes == ("takes 'state_dict', leaves aside 'epoch, best, args, optimizer'",)


@FORMS
def test_parameters_are_read_as_the_tensors_that_they_are(read, as_zip):
    state = {"a": torch.nn.Parameter(torch.ones(2))}
    assert read(state, as_zip).arrays["a"].tolist() == [1, 1]


@FORMS
def test_a_pickle_of_another_protocol_is_read(tmp_path, as_zip):
    path = tmp_path / "weights.pth"
    torch.save(make_state(), path, pickle_protocol=4, _use_new_zipfile_serialization=as_zip)
    assert list(read_arrays(str(path)).arrays) == list(make_state())


class Canary:
    """What a hostile file has in place of weights: to unpickle it is to run a command."""

    def __reduce__(self):
        return print, ("executed",)


@FORMS
@pytest.mark.parametrize(
    ("saved", "fault"),
    [
        (Canary(), "would import '(builtins|__builtin__).print', which is not done"),
        ({"state_dict": {"a": Canary()}}, "would import '(builtins|__builtin__).print'"),
        (torch.nn.Conv2d(1, 2, 3), "would import '(torch.nn.modules.conv.Conv2d|_codecs.encode)'"),
        ({"a": np.float32(1)}, "would import 'numpy"),
        ({"epoch": 3}, "holds no tensors by name, but 'epoch'; save the state_dict alone"),
        ([torch.ones(2)], "holds no tensors by name, but 'list'"),
        ({"a": torch.ones(1).expand(10**5)}, "repeat their numbers more than 4 times"),
    ],
    ids=["canary", "hidden canary", "module", "numpy", "no tensors", "list", "expanded"],
)  # fmt: skip
def test_what_is_no_state_dict_is_refused_and_named(read, capsys, as_zip, saved, fault):
    with pytest.raises(ModelFileError, match=fault) as caught:
        read(saved, as_zip)
    assert str(caught.value).isprintable()
    assert "executed" not in capsys.readouterr().out


def repack(data, change):
    """Return a zip whose members (name, bytes) were changed."""
    members = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            members[info.filename] = archive.read(info)
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda members: members.update({"archive/byteorder": b"big"}), "of another machine"),
        (lambda members: members.pop("archive/data.pkl"), "it has no data.pkl"),
        (lambda members: members.pop("archive/data/0"), "is no sound file of PyTorch"),
        (lambda members: members.update({"archive/data/0": bytes(4)}), "has 1 numbers"),
        (lambda members: members.update({"archive/data/0": bytes(5)}), "is no sound file"),
        (lambda members: members.update({"archive/code/a.py": b""}), "is TorchScript"),
        (lambda members: members.update({"archive/data.pkl": b"(."}), "takes what is not there"),
        (lambda members: members.update({"archive/data.pkl": b"i"}), "instruction 0x69"),
        (lambda members: members.update({"archive/data.pkl": b"X\xff\xff\xff\xff"}), "truncated"),
        (lambda members: members.update({"archive/data.pkl": b"N"}), "truncated"),
    ],
)
def test_a_zip_that_is_not_sound_is_refused(read, change, fault):
    with pytest.raises(ModelFileError, match=fault):
        read(repack(save(make_state(), True), change))


def test_a_compressed_zip_is_refused(read):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"}." * 9)
    with pytest.raises(ModelFileError, match="is compressed or damaged"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda data: data[:-1], "is truncated"),
        (lambda data: data + b"x", "has bytes behind its last storage"),
        (lambda data: data.replace(b"little_endian", b"little_endiaN"), "of another machine"),
        (lambda data: data.replace(b"FloatStorage", b"DoublStorage"), "would import 'torch.Doubl"),
        (lambda data: pickle.dumps(5, 2), "is a pickle, but not of PyTorch"),
        (lambda data: b"\x93NUMPY", "begins neither like a zip nor a pickle"),
        (lambda data: b"", "begins neither like a zip nor a pickle"),
    ],
)
def test_a_legacy_file_that_is_not_sound_is_refused(read, change, fault):
    with pytest.raises(ModelFileError, match=fault):
        read(change(save(make_state(), False)))


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(read):
    data = save({"a": torch.arange(300.0)}, False)
    changed = data.replace(struct.pack("<BH", 0x4D, 300), struct.pack("<BH", 0x4D, 301))
    assert changed != data
    with pytest.raises(ModelFileError, match="is truncated in its storage"):
        read(changed)


def test_reading_imports_and_executes_nothing(tmp_path):
    """Python's own record of imports, code that is run and pickles that are loaded stays empty."""
    names = []
    for number, saved in enumerate([make_state(), Canary(), torch.nn.Conv2d(1, 2, 3)]):
        for as_zip in (True, False):
            names.append(tmp_path / f"{number}{as_zip}.pth")
            names[-1].write_bytes(save(saved, as_zip))
    program = """
import sys
from cnncli.errors import ModelFileError
from cnncli.exchange.tensors.torch_file import read_arrays

def read(name):
    try:
        return len(read_arrays(name).arrays)
    except ModelFileError:
        return 0

read(sys.argv[1]), read(sys.argv[2])  # what the reader itself imports
events = []
watched = ("import", "exec", "compile", "os.system", "pickle.find_class", "subprocess.Popen")
sys.addaudithook(lambda event, _: events.append(event) if event in watched else None)
print([read(name) for name in sys.argv[1:]], events)
"""
    run = subprocess.run(
        [sys.executable, "-c", program, *map(str, names)], capture_output=True, text=True
    )
    assert run.stdout == "[7, 7, 0, 0, 0, 0] []\n", run.stderr
