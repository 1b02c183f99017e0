import json

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli.allowance import Allowance
from cnncli.data.source import load_labeled
from cnncli.errors import DataError, ModelFileError, UsageError
from cnncli.model_file import load_model, save_model


@pytest.fixture(scope="session")
def trained(model):
    return cnncli.load(model)


def test_what_is_no_model_is_not_opened(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        cnncli.load(tmp_path / "m.npz")


def test_a_prediction_is_the_record_that_the_command_writes(trained, run, model, image):
    line = run("predict", model, image, "--json", "-k", "2").stdout

    assert trained.predict(str(image), top_k=2) == json.loads(line)
    assert trained.predict(image, top_k=2) == json.loads(line)


def test_bytes_and_arrays_are_answered_like_their_file(trained, image):
    answer = trained.predict(image)
    del answer["path"]

    assert trained.predict(image.read_bytes()) == answer
    assert trained.predict(np.asarray(Image.open(image))) == answer


def test_predictions_of_many_come_in_order_with_errors_in_their_place(trained, image, tmp_path):
    first, second, third = trained.predict_all([image, tmp_path / "none.png", image])

    assert first == third == trained.predict(image)
    assert list(second) == ["path", "error"]
    assert second["error"].startswith("not a readable image (no such file")


def test_what_cannot_be_read_cannot_be_predicted(trained, tmp_path):
    with pytest.raises(DataError, match="not a readable image"):
        trained.predict(tmp_path / "none.png")
    with pytest.raises(DataError, match="array: an array of 1x2x3x4x5, not of images"):
        trained.predict(np.zeros((2, 3, 4, 5), np.uint8))


def test_a_run_has_the_logits_of_the_prediction(trained, run, model, image):
    line = run("predict", model, image, "--json", "--output-kind", "logits").stdout

    logits = trained.run(trained.prepare(image))["logits"]
    assert [float(str(value)) for value in logits] == json.loads(line)["logits"]


def test_a_run_keeps_what_layers_answer(trained, image):
    x = trained.prepare(image)

    values = trained.run(x, keep=["relu1", "conv1"])

    assert list(values) == ["logits", "relu1", "conv1"]
    assert values["conv1"].shape == (6, 8, 4)
    assert (values["relu1"] == np.maximum(values["conv1"], 0)).all()
    assert (values["logits"] == trained.run(x)["logits"]).all()


def test_many_inputs_are_run_like_each_of_them(trained, patterns):
    inputs = np.stack([trained.prepare(path) for path in patterns.glob("train/*/*.png")] * 2)
    assert len(inputs) == 120

    values = trained.run(inputs, keep=["maxpool1"])

    assert values["maxpool1"].shape == (120, 3, 4, 4)
    for x, logits, features in zip(inputs, values["logits"], values["maxpool1"], strict=True):
        single = trained.run(x, keep=["maxpool1"])
        assert (single["logits"] == logits).all() and (single["maxpool1"] == features).all()


def test_a_path_is_run_like_what_it_is_prepared_to(trained, image):
    assert (trained.run(image)["logits"] == trained.run(trained.prepare(image))["logits"]).all()


def test_an_array_that_is_no_input_is_refused(trained):
    with pytest.raises(DataError, match="an array of 8x10 uint8, where the network takes 8x10x1"):
        trained.run(np.zeros((8, 10), np.uint8))


def test_a_layer_there_is_not_is_answered_with_those_there_are(trained, image):
    message = "no layer 'cnov1'; did you mean conv1\\? there are conv1, relu1, maxpool1, dense1"
    with pytest.raises(UsageError, match=message):
        trained.run(image, keep=["cnov1"])


def test_figures_are_those_that_the_command_writes(trained, run, model, patterns):
    figures = json.loads(run("evaluate", model, patterns, "--json").stdout)
    del figures["schema"], figures["command"]

    assert trained.evaluate(patterns) == figures


@pytest.fixture
def retell(model, tmp_path):
    """Return the model with another augmentation in the record of its training."""

    def retell(augment):
        changed = load_model(model)
        changed.training["settings"]["augment"] = augment
        save_model(tmp_path / "m.npz", changed, force=True)
        return cnncli.load(tmp_path / "m.npz", tta=True)

    return retell


@pytest.mark.parametrize(
    ("augment", "axes"),
    [
        ("none", {()}),
        (None, {()}),
        ("rotate(10), shift(2)", {()}),
        ("hflip, shift(2)", {(), (1,)}),
        ("shift(2),altflip", {(), (1,)}),
        ("vflip, hflip", {(), (0,), (1,), (0, 1)}),
    ],
)
def test_copies_are_mirrored_as_in_the_training(retell, augment, axes):
    copies = retell(augment).copies
    assert {copy.mirrored for copy in copies} == axes
    assert len(copies) == 3 * len(axes)


@pytest.mark.parametrize("training", [{}, {"settings": 5}, {"settings": {"augment": [1]}}])
def test_a_training_that_says_nothing_of_mirrors_has_none(model, tmp_path, training):
    changed = load_model(model)
    changed.training = training
    save_model(tmp_path / "m.npz", changed)
    assert len(cnncli.load(tmp_path / "m.npz", tta=True).copies) == 3


def test_answers_and_figures_are_means_over_copies_if_asked_for(run, model, patterns, image):
    averaging = cnncli.load(model, tta=True)
    line = run("predict", model, image, "--json", "--tta").stdout
    figures = json.loads(run("evaluate", model, patterns, "--json", "--tta").stdout)

    del figures["schema"], figures["command"]

    assert averaging.predict(image) == json.loads(line)
    assert list(averaging.predict_all([image])) == [json.loads(line)]
    assert averaging.evaluate(patterns) == figures
    assert figures["tta"] == json.loads(line)["tta"] == 3
    assert figures["loss"] != cnncli.load(model).evaluate(patterns)["loss"]


def test_inspection_prediction_and_judging_see_the_bits_that_training_saw(trained, patterns):
    images = load_labeled(
        str(patterns), trained.preprocessing, trained.task, origin=trained.origin, split="train"
    ).samples
    seen = np.empty((len(images), *images.shape), np.float32)
    for batch in images.batches(7).epoch(0):
        seen[batch.indices] = batch.inputs
    logits = trained.run(seen)["logits"]
    runner = trained.open_runner(batch_size=5)
    judged = np.concatenate([part.loss for part in runner.judge(images, trained.task)])

    for number, name in enumerate(images.names):
        assert trained.prepare(name).tobytes() == seen[number].tobytes()
        (answer,) = trained.open_runner().answer([trained.read(name).values])
        assert answer.tobytes() == logits[number].tobytes()
    assert (judged == trained.task.judge(logits, images.targets).loss).all()


def test_gradients_are_those_of_the_class_named(trained, image):
    x = trained.prepare(image)

    found = trained.gradients(x, of="plain", to=["input", "conv1"])

    assert {name: array.shape for name, array in found.items()} == {
        "input": (8, 10, 1),
        "conv1": (6, 8, 4),
    }
    step = np.zeros_like(x)
    step[3, 4] = 0.01
    logits = [trained.run(x + sign * step)["logits"] for sign in (1, -1)]
    plain = trained.task.outputs.index("plain")
    slope = (logits[0] - logits[1])[plain] / 0.02
    assert found["input"][3, 4, 0] == pytest.approx(slope, rel=0.01, abs=1e-3)


def test_gradients_are_of_the_predicted_class_where_none_is_named(trained, image):
    label = trained.predict(image)["label"]

    assert (trained.gradients(image)["input"] == trained.gradients(image, of=label)["input"]).all()


def test_a_class_there_is_not_is_answered_with_those_there_are(trained, image):
    message = "'row' is none of the classes; did you mean rows\\? there are columns, plain, rows"
    with pytest.raises(UsageError, match=message):
        trained.gradients(image, of="row")


@pytest.mark.parametrize("allowed", [0, 500, 1000])
def test_a_layer_that_takes_more_than_is_allowed_is_refused(model, monkeypatch, allowed):
    monkeypatch.setattr(Allowance, "bytes", allowed)
    with pytest.raises(ModelFileError) as caught:
        cnncli.load(model)
    assert str(caught.value).startswith(f"{model}: for one input its ")
    assert str(caught.value).endswith(" and max_memory is 0 MB; max_memory 1M allows it")


def test_an_error_of_many_names_settings_as_python_does(trained, image, monkeypatch):
    monkeypatch.setattr(Allowance, "bytes", 1)
    (record,) = trained.predict_all([image])
    assert record["error"].endswith("; max_memory 1M allows it")
