"""Model files to test the reader with: sound ones, and ones that are wrong in a single respect."""

import hashlib
import json
import math

import numpy as np
import pytest

from cnncli.errors import ModelFileError
from cnncli.model_file import Model, load_model
from cnncli.model_file.archive import Frame, make_array_header, make_manifest_header

ARCH = "conv(2, 3, pad=1, bias=no) >> bn >> relu >> maxpool >> dense(classes)"
SHAPES = {
    "conv1/weight": (2, 1, 3, 3),
    "bn1/weight": (2,),
    "bn1/bias": (2,),
    "bn1/running_mean": (2,),
    "bn1/running_var": (2,),
    "dense1/weight": (3, 8),
    "dense1/bias": (3,),
}
VECTOR = make_array_header((2,))  # the npy header of bn1/bias
ALL_OF_IT = ("arch", "input_shape", "preprocessing", "classes", "training")


def make_model(seed=0):
    return Model(
        arch=ARCH.replace("classes", "3"),
        input_shape=(4, 4, 1),
        preprocessing={"resize": "stretch", "scale": [1 / 255]},
        classes=["cat", "dog", "größe 👩‍🔬"],
        weights={
            name: _values(100 * index + seed, shape)
            for index, (name, shape) in enumerate(SHAPES.items())
        },
        training={"seed": seed, "val_loss": 0.25, "val_accuracy": None},
    )


def _values(start, shape):
    steps = np.arange(start, start + math.prod(shape)) * 37 % 256 - 128
    return (steps / 64).astype(np.float32).reshape(shape)


def same(one, other):
    return (
        all(getattr(one, name) == getattr(other, name) for name in ALL_OF_IT)
        and list(one.weights) == list(other.weights)
        and all(
            one.weights[name].tobytes() == other.weights[name].tobytes() for name in one.weights
        )
    )


def make_manifest(model):
    return {
        "format": "cnncli model",
        "version": 1,
        "release": "0.1.0",
        "requires": [],
        "arch": model.arch,
        "input": list(model.input_shape),
        "preprocessing": model.preprocessing,
        "classes": model.classes,
        "training": model.training,
        "arrays": [
            {
                "name": name,
                "dtype": "float32",
                "shape": list(array.shape),
                "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
            }
            for name, array in model.weights.items()
        ],
    }


def make_members(model):
    return [
        (name, make_array_header(array.shape), array.tobytes())
        for name, array in model.weights.items()
    ]


def seal(body):
    """Close a JSON object with the digest of what stands before."""
    assert body.endswith(b"}")
    digest = hashlib.sha256(body[:-1]).hexdigest()
    return body[:-1] + f',"sha256":"{digest}"}}'.encode()


def forge(manifest, members):
    """Return a file of these members whose checksums and headers all agree.

    `manifest` is an object or the bytes of one; a member is its name, npy header and data.
    """
    if isinstance(manifest, dict):
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        manifest = seal(text.encode())
    frame = Frame()
    pieces = []
    for name, header, data in [
        ("manifest", make_manifest_header(len(manifest)), manifest),
        *members,
    ]:
        pieces += [frame.before(name, header, data), data]
    return b"".join([*pieces, frame.end()])


def put(members, name, header, data=None):
    at = [one for one, *_ in members].index(name)
    members[at] = (name, header, members[at][2] if data is None else data)


def refused(path, data):
    """Return the message with which a file of these bytes is refused, without its path."""
    path.unlink(missing_ok=True)  # quicker than to overwrite it
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert caught.value.path == str(path)
    assert message.isprintable()
    assert len(message) < len(str(path)) + 400
    return message.removeprefix(f"{path}: ")
