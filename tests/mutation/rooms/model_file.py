"""Faults in how model files are read."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "checksums-of-arrays-are-not-compared": Fault(
        "cnncli/model_file/reader.py",
        "if hashlib.sha256(data).hexdigest() != digest:",
        "if not digest:",
        ("tests/model_file/test_archive.py",),
    ),
    "shapes-of-arrays-are-not-compared": Fault(
        "cnncli/model_file/reader.py",
        "any(entry.get(key) != needed[key] for key in needed)",
        'entry.get("name") != name',
        ("tests/model_file/test_archive.py",),
    ),
    "files-are-written-in-place": Fault(
        "cnncli/model_file/atomic.py",
        "        _replace(Path(path).resolve(), data)\n",
        '        with Path(path).open("wb") as stream:\n            _write(stream, data)\n',
        ("tests/model_file/test_atomic.py",),
    ),
}
