import numpy as np
import pytest
from golden.record import HERE

from cnncli.data.preprocessing import read_preprocessing
from cnncli.errors import DataError, GateError
from cnncli.exchange.proof import (
    Rival,
    compute_logits,
    draw_samples,
    gather_inputs,
    prove,
    read_samples,
)
from cnncli.model_file import load_model


@pytest.fixture(scope="module")
def digits():
    return load_model(HERE / "models" / "image.npz")


def test_an_equal_answer_is_no_distance_away(digits):
    rival = Rival("itself", lambda inputs: compute_logits(digits, inputs))
    proof = prove(digits, rival, gather_inputs(digits, 4), path="m.onnx")
    assert proof.to_manifest() == {
        "against": "itself",
        "inputs": 4,
        "max_abs": 0.0,
        "max_rel": 0.0,
        "top1_agree": True,
    }


def test_the_largest_difference_is_relative_to_the_range_of_the_logits(digits):
    inputs = gather_inputs(digits, 4)
    logits = compute_logits(digits, inputs)

    def answer(_):
        moved = logits.copy()
        moved[2, 3] += 0.5
        return moved

    proof = prove(digits, Rival("moved", answer), inputs, path="m.onnx", tolerance=1)
    assert proof.max_abs == pytest.approx(0.5, rel=1e-5)
    assert proof.max_rel == pytest.approx(0.5 / np.ptp(logits), rel=1e-5)


def test_first_answers_that_differ_are_noticed(digits):
    rival = Rival("upside down", lambda inputs: -compute_logits(digits, inputs))
    assert not prove(digits, rival, gather_inputs(digits, 4), path="m.onnx", tolerance=9).top1_agree


@pytest.mark.parametrize("wrong", [1.0, np.nan])
def test_answers_above_the_tolerance_are_an_error(digits, wrong):
    rival = Rival("far off", lambda inputs: compute_logits(digits, inputs) + np.float32(wrong))
    with pytest.raises(GateError, match=r"^m.onnx: far off answers otherwise: .* nothing was"):
        prove(digits, rival, gather_inputs(digits, 4), path="m.onnx")


@pytest.mark.parametrize("name", ["image", "signal", "masks"])
def test_drawn_samples_are_the_same_each_time_and_differ_from_each_other(name):
    preprocessing = read_preprocessing(load_model(HERE / "models" / f"{name}.npz").preprocessing)
    samples, again = (draw_samples(preprocessing, 5) for _ in range(2))
    assert np.array_equal(samples, again)
    assert samples[0].shape == preprocessing.input_shape
    assert len({sample.tobytes() for sample in samples}) == 5


def test_samples_of_a_folder_come_as_they_are_predicted(digits, digits_folder):
    samples = read_samples(digits, str(digits_folder), 3)
    inputs = gather_inputs(digits, 2, samples)
    assert inputs.samples.shape == (5, *digits.input_shape)
    assert np.array_equal(inputs.samples[2:], samples)


def test_a_folder_without_samples_is_an_error(digits, tmp_path):
    with pytest.raises(DataError):
        read_samples(digits, str(tmp_path), 3)


@pytest.fixture(scope="module")
def digits_folder():
    return HERE.parent.parent / "sample_data" / "digits" / "test"
