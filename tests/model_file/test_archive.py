import io
import pickle
import warnings
import zipfile

import numpy as np
import pytest
from model_forge import VECTOR, forge, make_manifest, make_members, put, refused, same

from cnncli.model_file import load_model
from cnncli.model_file.archive import make_array_header


def rename(members, name, new_name):
    members[:] = [(new_name if one == name else one, *rest) for one, *rest in members]


MEMBER_FAULTS = {
    "missing": lambda members: members.pop(),
    "extra": lambda members: members.append(("extra", make_array_header((1,)), bytes(4))),
    "twice": lambda members: members.append(members[-1]),
    "out of order": lambda members: members.insert(0, members.pop()),
    "another name": lambda members: rename(members, "bn1/bias", "bn1/bios"),
    "a path outside": lambda members: rename(members, "bn1/bias", "../1bias"),
    "an absolute path": lambda members: rename(members, "bn1/bias", "/tmp/bia"),
    "other values": lambda members: put(members, "bn1/bias", VECTOR, bytes(8)),
    "too few values": lambda members: put(members, "bn1/bias", VECTOR, bytes(4)),
    "too many values": lambda members: put(members, "bn1/bias", VECTOR, bytes(12)),
    "transposed": lambda members: put(members, "dense1/weight", make_array_header((8, 3))),
    "flat": lambda members: put(members, "dense1/weight", make_array_header((24,))),
    "huge": lambda members: put(members, "bn1/bias", make_array_header((2**40, 2**40))),
    "big-endian": lambda members: put(members, "bn1/bias", VECTOR.replace(b"<f4", b">f4")),
    "integers": lambda members: put(members, "bn1/bias", VECTOR.replace(b"<f4", b"<i4")),
    "doubles": lambda members: put(
        members, "bn1/bias", make_array_header((1,)).replace(b"<f4", b"<f8")
    ),
    "Fortran order": lambda members: put(
        members, "dense1/weight", make_array_header((3, 8)).replace(b"False", b"True ")
    ),
    "npy version 2": lambda members: put(members, "bn1/bias", VECTOR.replace(b"Y\1", b"Y\2")),
    "objects": lambda members: put(
        members, "bn1/bias", VECTOR.replace(b"'<f4'", b"'|O' "), pickle.dumps(print)
    ),
}


def test_a_forged_file_without_a_fault_is_read(path, manifest, members, model):
    path.write_bytes(forge(manifest, members))
    assert same(load_model(path), model)


@pytest.mark.parametrize("fault", MEMBER_FAULTS)
def test_members_other_than_the_manifest_says_are_refused(path, manifest, members, fault):
    sound = list(members)
    MEMBER_FAULTS[fault](members)
    assert members != sound
    refused(path, forge(manifest, members))


def test_two_arrays_of_one_shape_that_changed_places_are_refused(path, manifest, members):
    (_, header, weight), (_, _, bias) = members[1:3]
    members[1:3] = [("bn1/weight", header, bias), ("bn1/bias", header, weight)]
    message = refused(path, forge(manifest, members))
    assert message.startswith("bn1/weight does not match its checksum")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(path, model, value):
    model.weights["dense1/bias"][2] = value
    data = forge(make_manifest(model), make_members(model))
    assert refused(path, data).startswith("dense1/bias has NaN or infinite values; train")


LIST_FAULTS = {
    "missing": lambda arrays: arrays.pop(),
    "extra": lambda arrays: arrays.append(arrays[0]),
    "out of order": lambda arrays: arrays.reverse(),
    "another name": lambda arrays: arrays[1].update(name="bn2/weight"),
    "another shape": lambda arrays: arrays[5].update(shape=[8, 3]),
    "another dtype": lambda arrays: arrays[5].update(dtype="float64"),
    "no shape": lambda arrays: arrays[5].pop("shape"),
    "no object": lambda arrays: arrays.insert(3, arrays.pop(3)["name"]),
}


@pytest.mark.parametrize("fault", LIST_FAULTS)
def test_a_list_of_other_arrays_than_the_network_has_is_refused(path, manifest, members, fault):
    LIST_FAULTS[fault](manifest["arrays"])
    assert refused(path, forge(manifest, members)).startswith("does not list ")


@pytest.mark.parametrize("digest", [None, 0, "", "0" * 64])
def test_an_array_without_its_checksum_is_refused(path, manifest, members, digest):
    manifest["arrays"][2]["sha256"] = digest
    assert refused(path, forge(manifest, members)).startswith(
        "bn1/bias does not match its checksum"
    )


# Zip


def rewritten(stored, method):
    """Return the same members, as Python's zipfile stores or compresses them."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored)) as old, zipfile.ZipFile(result, "w") as new:
        for member in old.infolist():
            new.writestr(
                zipfile.ZipInfo(member.filename), old.read(member), method(member.filename)
            )
    return result.getvalue()


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_members_are_only_taken_as_cnncli_stores_them(path, stored, method):
    refused(path, rewritten(stored, lambda name: method))


@pytest.mark.parametrize("method", METHODS[1:])
def test_members_behind_the_manifest_cannot_be_compressed_either(path, stored, method):
    data = rewritten(stored, lambda name: method if "/" in name else zipfile.ZIP_STORED)
    assert "bytes instead of" in refused(path, data)


@pytest.mark.parametrize("member", ["manifest.npy", "bn1/bias.npy"])
@pytest.mark.parametrize("field", [6, 8, 28], ids=["encrypted", "compressed", "extra field"])
def test_the_flags_of_a_member_are_compared(path, stored, member, field):
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        offset = archive.getinfo(member).header_offset
    data = bytearray(stored)
    data[offset + field] += 1
    refused(path, bytes(data))


def test_sixty_thousand_members_are_refused(path):
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # for the names that are there already
        for number in range(60_000):
            archive.writestr(zipfile.ZipInfo(f"{number % 9}.npy"), b"")
    assert "bytes instead of" in refused(path, path.read_bytes())
