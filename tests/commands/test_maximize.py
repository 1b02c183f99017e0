import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.model_file import Model, save_model
from cnncli.notation import parse

DIGITS = Path(__file__).parents[2] / "sample_data/digits"
CLASSES = ["crosses", "rings"]


@pytest.fixture
def make_model(tmp_path):
    """Return what writes a model file with random weights, of images or of signals."""

    def make(architecture, shape, change=lambda arrays: None):
        graph = build_graph(parse(architecture, len(CLASSES)), shape)
        weights = Weights(graph)
        weights.initialize(seed=1)
        arrays = weights.dump()
        change(arrays)
        if len(shape) == 3:
            preprocessing = Preprocessing(*shape, "stretch", "unit", (1 / 255,), (0.0,))
        else:
            preprocessing = SignalPreprocessing(*shape, 8000, "unit", (1.0,), (0.0,))
        model = Model(graph.text, shape, preprocessing.to_manifest(), CLASSES, arrays)
        save_model(tmp_path / "model.npz", model)

    return make


@pytest.fixture
def maximize(run, tmp_path):
    """Run the command in the folder of the model."""

    def maximize(*arguments, settings="steps=8"):
        method = f"maximize({settings})"
        return run("inspect-filters", "model.npz", "--method", method, *arguments, cwd=tmp_path)

    return maximize


def test_the_answer_to_the_image_of_a_class_is_the_class(make_model, maximize, run, tmp_path):
    make_model("conv(4, 3) >> relu >> dense(classes)", (8, 8, 1))
    for name in CLASSES:
        done = maximize("--class", name, "-o", f"{name}.npz", settings="")
        assert (done.returncode, done.stderr) == (0, "")
        with np.load(tmp_path / f"{name}.npz") as arrays:
            (pixels,) = arrays["maximize"]
            probability = float(arrays["probability"][0])
        Image.fromarray(pixels[..., 0]).save(tmp_path / f"{name}.png")

        answer = json.loads(
            run("predict", "model.npz", f"{name}.png", "--json", cwd=tmp_path).stdout
        )

        assert answer["label"] == name
        assert answer["confidence"] == pytest.approx(probability, abs=1e-5)


def test_all_classes_are_listed_by_name_with_what_they_reach(make_model, maximize):
    make_model("conv(4, 3) >> relu >> dense(classes)", (8, 8, 1))

    heading, *lines = maximize("--layer", "dense1").stdout.splitlines()
    listed = json.loads(maximize("--layer", "dense1", "--json").stdout)["inputs"]

    assert heading.split() == ["dense1", "activation", "probability", "answer"]
    assert [line.split()[0] for line in lines] == CLASSES
    assert [row["target"] for row in listed] == CLASSES
    assert [row["field"] for row in listed] == [[0, 0, 8, 8]] * 2


def test_a_class_that_is_not_reached_is_named(make_model, maximize):
    def prefer_rings(arrays):
        arrays["dense1/weight"][...] = 0
        arrays["dense1/bias"][...] = (0, 1)

    make_model("dense(classes)", (4, 4, 1), prefer_rings)

    done = maximize("--class", "crosses")

    assert done.returncode == 0
    assert done.stderr == "the network takes what was made for crosses for rings\n"


def test_the_arrays_are_the_same_bytes_for_any_number_of_threads(make_model, maximize, tmp_path):
    make_model(
        "conv(5, 3) >> bn >> relu >> maxpool >> conv(6, 3) >> relu >> dense(classes)", (12, 9, 1)
    )
    for threads in "123":
        assert (
            maximize("--layer", "conv2", "--threads", threads, "-o", f"{threads}.npz").returncode
            == 0
        )

    files = [(tmp_path / f"{threads}.npz").read_bytes() for threads in "123"]

    assert files[0] == files[1] == files[2]
    with np.load(tmp_path / "1.npz") as arrays:
        assert arrays["maximize"].shape == (6, 12, 9, 1)
        assert arrays["maximize"].dtype == np.uint8


def test_the_picture_shows_what_the_filter_sees_and_the_file_all(make_model, maximize, tmp_path):
    make_model("conv(2, 3) >> relu >> dense(classes)", (30, 30, 1))

    done = maximize("-o", "sheet.png")
    maximize("-o", "sheet.npz")

    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "sheet.png") as sheet, np.load(tmp_path / "sheet.npz") as arrays:
        assert arrays["maximize"].shape == (2, 30, 30, 1)
        top, left, bottom, right = arrays["field"][0]
        assert (bottom - top, right - left) == (3, 3)
        pixels = np.asarray(sheet)
        for level in arrays["maximize"][0, top:bottom, left:right].ravel():
            assert (pixels == level).all(axis=2).sum() >= 32 * 32  # a pixel is that large


def test_the_whole_of_a_layer_is_one_input(make_model, maximize):
    make_model("conv(4, 3) >> relu >> dense(classes)", (8, 8, 1))

    lines = maximize("--layer", "conv1", settings="steps=8, whole=yes").stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["relu1", "all"]


def test_signals_are_drawn_as_curves(make_model, maximize, tmp_path):
    make_model("conv(2, 5) >> relu >> dense(classes)", (40, 1))

    done = maximize("--class", "rings", "-o", "curve.png")
    maximize("--class", "rings", "-o", "curve.npz")

    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "curve.png") as picture:
        assert (40, 40, 40) in {color for _, color in picture.getcolors(1 << 20)}
    with np.load(tmp_path / "curve.npz") as arrays:
        assert arrays["maximize"].shape == (1, 1, 40, 1)
        assert np.abs(arrays["maximize"]).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (("--class", "cats"), "", "'cats' is none of the classes; there are crosses, rings"),
        (
            ("--class", "rings", "--layer", "conv1"),
            "",
            "--class and --layer both say what is to be excited; leave one out",
        ),
        (
            ("--filter", "0"),
            "whole=yes",
            "--filter and whole=yes both say what is to be excited; leave one out",
        ),
        (
            (),
            "variation=-1",
            "--method maximize: variation is '-1'; expected a number from 0 to 10",
        ),
        (("--image", "x.png"), "", "--image is not for --method maximize; leave it out"),
    ],
)
def test_what_cannot_be_made_is_refused(make_model, maximize, arguments, settings, message):
    make_model("conv(4, 3) >> relu >> dense(classes)", (8, 8, 1))

    done = maximize(*arguments, settings=settings)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"cnncli: {message}"


@pytest.mark.slow
def test_every_digit_is_reached(run, tmp_path):
    assert run("train", DIGITS, "-o", "model.npz", cwd=tmp_path, timeout=600).returncode == 0
    arguments = ("--method", "maximize", "--layer", "dense1", "-o", "digits.npz")
    run("inspect-filters", "model.npz", *arguments, cwd=tmp_path, timeout=600)
    with np.load(tmp_path / "digits.npz") as arrays:
        for name, pixels in zip(arrays["labels"], arrays["maximize"], strict=True):
            Image.fromarray(pixels[..., 0]).save(tmp_path / f"{name}.png")

    done = run(
        "predict", "model.npz", *(f"{digit}.png" for digit in range(10)), "--json", cwd=tmp_path
    )

    answers = [json.loads(line)["label"] for line in done.stdout.splitlines()]
    assert answers == list("0123456789")
