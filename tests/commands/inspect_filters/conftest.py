import os
import pty
import subprocess

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.model_file import Model, save_model
from cnncli.notation import parse

ARCH = "conv(2, 3, pad=1) >> relu >> maxpool(2) >> conv(70, 3) >> relu >> dense(classes)"
PIXELS = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a model, of whose first two filters the second is dead, and an image."""
    folder = tmp_path_factory.mktemp("inspect")
    graph = build_graph(parse(ARCH, 2), (8, 8, 1))
    weights = Weights(graph)
    weights.initialize(seed=1)
    arrays = weights.dump()
    arrays["conv1/weight"][:] = [[[[0, 0, 0], [0, 2, 0], [0, 0, 0]]], [[[-1, -1, -1]] * 3]]
    prepared = Preprocessing(8, 8, 1, "stretch", "unit", (1 / 255,), (0.0,)).to_manifest()
    model = Model(graph.text, (8, 8, 1), prepared, ["cat", "dog"], arrays)
    save_model(folder / "model.npz", model)
    Image.fromarray(PIXELS).save(folder / "image.png")
    return folder


@pytest.fixture
def inspect(run, folder):
    """Run the command in that folder."""
    return lambda *arguments, **settings: run("inspect-filters", *arguments, cwd=folder, **settings)


@pytest.fixture
def inspect_here(call, folder):
    """Run the command in that folder, in the process of the tests."""
    return lambda *arguments: call("inspect-filters", *arguments, cwd=folder)


@pytest.fixture
def draw(script, folder):
    """Run the command on a terminal of 100 columns; what it wrote there."""

    outer = {
        name: value
        for name, value in os.environ.items()
        if name not in ("KITTY_WINDOW_ID", "TERM_PROGRAM", "TMUX")
    }

    def draw(*arguments, **environment):
        master, slave = pty.openpty()
        with subprocess.Popen(
            [script, "inspect-filters", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            env={**outer, "COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "", **environment},
        ):
            os.close(slave)
            written = b""
            try:
                while piece := os.read(master, 65536):
                    written += piece
            except OSError:  # the other end is closed
                pass
        os.close(master)
        return written.decode().replace("\r\n", "\n")

    return draw
