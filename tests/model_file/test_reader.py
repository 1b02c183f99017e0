import io
import os
import pickle
import socket
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from model_forge import VECTOR, forge, put, refused

from cnncli.errors import ModelFileError
from cnncli.model_file import load_model

# No file


def test_a_missing_file_is_no_model(tmp_path):
    with pytest.raises(ModelFileError, match=r"nowhere\.npz: no such file; check the path$"):
        load_model(tmp_path / "nowhere.npz")


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(ModelFileError, match="is a folder, not a model file"):
        load_model(tmp_path)


def test_a_pipe_or_a_device_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ModelFileError, match="is a pipe or a device, not a file; '-' reads"):
            load_model(path)


def test_a_socket_is_no_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(ModelFileError, match="cannot be read"):
            load_model("socket")


def test_a_file_larger_than_any_model_is_not_read(tmp_path):
    with (tmp_path / "m.npz").open("wb") as sparse:
        sparse.truncate(2**31)
    with pytest.raises(ModelFileError, match="has more than 2147483647 bytes"):
        load_model(tmp_path / "m.npz")


# Another kind of file


@pytest.mark.parametrize("data", [b"", b"P", b"\x80\x04N.", b"\x89HDF\r\n\x1a\n" * 9, b"\x93NUMPY"])
def test_what_does_not_begin_like_an_npz_is_refused(tmp_path, data):
    assert refused(tmp_path / "m", data) == "is not a model file: it does not begin like an .npz"


def test_an_npz_of_images_is_no_model(tmp_path):
    np.savez(tmp_path / "m", x=np.zeros((2, 4, 4)), y=np.zeros(2))
    data = (tmp_path / "m.npz").read_bytes()
    assert refused(tmp_path / "m", data) == "is an .npz file, but no model: its manifest is missing"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_model_saved_again_by_numpy_is_refused(path, save):
    with np.load(path) as stored:
        arrays = dict(stored)
    save(path, **arrays)
    assert refused(path, path.read_bytes()).startswith("was rewritten by another program")


def test_a_file_of_another_kind_is_refused(path, manifest, members):
    manifest["format"] = "cnncli checkpoint"
    assert refused(path, forge(manifest, members)) == "is not a cnncli model file"


# Damage


def test_every_truncation_is_refused(path, stored):
    for length in range(4, len(stored)):
        assert refused(path, stored[:length]).startswith(f"is truncated at byte {length}, or ")


def test_every_changed_byte_is_refused(path, stored):
    for position in range(len(stored)):
        damaged = bytearray(stored)
        damaged[position] ^= 1 << position % 8
        refused(path, bytes(damaged))


AROUND = {
    "before": lambda data: b"#!/bin/sh\n" + data,
    "behind": lambda data: data + b"\n",
    "a second end": lambda data: data + data[-22:],
    "twice": lambda data: data + data,
    "a comment": lambda data: data[:-2] + b"\5\0hello",
    "a comment like an end": lambda data: data[:-2] + b"\26\0" + data[-22:],
    "before the end": lambda data: data[:-22] + bytes(100) + data[-22:],
}


@pytest.mark.parametrize("place", AROUND)
def test_nothing_can_stand_around_the_archive(path, stored, place):
    refused(path, AROUND[place](stored))


# Bombs and code


def make_bombs(manifest, members):
    yield forge(manifest | {"arch": "dense(999999999) >> dense(3)"}, members)
    shapes = {"dense1/weight": [10**7, 1], "dense1/bias": [10**7]}
    shapes |= {"dense2/weight": [3, 10**7], "dense2/bias": [3]}
    listed = [
        {"name": name, "dtype": "float32", "shape": shape, "sha256": "0" * 64}
        for name, shape in shapes.items()
    ]
    large = {"arch": "dense(10000000) >> dense(3)", "input": [1], "arrays": listed}
    yield forge(manifest | large, members)
    deflated = io.BytesIO()
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.npy", bytes(10**8))
    yield deflated.getvalue()


def test_nothing_is_allocated_for_what_is_not_there(path, manifest, members):
    for bomb in make_bombs(manifest, members):
        path.write_bytes(bomb)
        tracemalloc.start()
        with pytest.raises(ModelFileError):
            load_model(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20


WATCHED = """
import sys
from cnncli.errors import ModelFileError
from cnncli.model_file import load_model

def load(path):
    try:
        load_model(path)
    except ModelFileError:
        return []
    return [f"{path} was loaded"]

load(sys.argv[1])  # imports what is needed
load(sys.argv[2])
watched = ("exec", "compile", "import", "os.system", "os.exec", "os.fork", "os.posix_spawn",
           "subprocess.Popen", "pickle.find_class", "ctypes.dlopen", "socket.connect")
seen = []
sys.addaudithook(lambda event, arguments: seen.append(event) if event in watched else None)
for path in sys.argv[2:]:
    seen += load(path)
print(seen)
"""


class Canary:
    def __reduce__(self):
        return os.system, ("echo the canary sings",)


def test_no_file_can_run_code(path, manifest, members, tmp_path):
    canary = pickle.dumps(Canary())
    put(members, "bn1/bias", VECTOR.replace(b"'<f4'", b"'|O' "), canary)
    payloads = {
        "pickle": canary,
        "object array": forge(manifest, members),
        "architecture": forge(manifest | {"arch": "__import__('os').system('echo sung')"}, []),
        "feature": forge(manifest | {"requires": ["os.system"]}, []),
    }
    for name, data in payloads.items():
        (tmp_path / name).write_bytes(data)
    np.save(tmp_path / "npy", np.array([Canary()]), allow_pickle=True)
    (tmp_path / "npy").write_bytes((tmp_path / "npy.npy").read_bytes())
    hostile = [str(tmp_path / name) for name in (*payloads, "npy")]
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, str(path), *hostile],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"
