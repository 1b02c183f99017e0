"""What holds for every step there is, tested on the examples it gives of itself."""

import numpy as np
import pytest

from cnncli.augment import NONE, STEPS, Augmentation, Draws
from cnncli.augment.base import Step
from cnncli.augment.text import read_augmentation
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing

IMAGE, SIGNAL = (12, 9, 3), (64, 2)
SHAPES = {"image": IMAGE, "signal": SIGNAL}
PREPROCESSING = {
    "image": Preprocessing(*IMAGE, scale=(0.02, 0.01, 0.017), shift=(-2.0, -1.0, 0.5)),
    "signal": SignalPreprocessing(*SIGNAL, None, scale=(2.0, 0.5), shift=(0.25, -1.0)),
}
KINDS = [(noun, step) for noun, steps in STEPS.items() for step in steps.values()]
EXAMPLES = [(noun, text) for noun, step in KINDS for text in step.examples]
STILL = [(noun, step.still) for noun, step in KINDS if step.still is not None]
MOVES = [
    text
    for step in STEPS["image"].values()
    for text in step.examples
    if step.move is not Step.move and step.recolor is Step.recolor
]
COUNT = 80  # enough for several threads
every_example = pytest.mark.parametrize(("noun", "text"), EXAMPLES)


def make_samples(noun: str) -> np.ndarray:
    numbers = np.random.default_rng(5)
    if noun == "image":
        return numbers.integers(0, 256, (COUNT, *IMAGE), np.uint8)
    return numbers.normal(size=(COUNT, *SIGNAL)).astype(np.float32)


def prepare(
    augmentation: Augmentation, noun: str, numbers: list[int], epoch: int = 0, threads: int = 1
) -> np.ndarray:
    """Return the samples of these numbers as an epoch shows them."""

    def fill(indices: np.ndarray) -> np.ndarray:
        out = np.empty((len(indices), *SHAPES[noun]), np.float32)
        draws, samples = Draws(7, epoch, indices), make_samples(noun)
        augmentation.prepare(PREPROCESSING[noun], samples, indices, draws, out, threads)
        return out

    draws = Draws(7, epoch, np.array(numbers))
    samples = fill(draws.samples)
    if augmentation.mixes:
        augmentation.mix(draws, samples, fill(augmentation.choose_others(draws, COUNT)))
    return samples


@pytest.mark.parametrize(("noun", "kind"), KINDS)
def test_a_step_says_what_it_is_and_gives_examples(noun, kind):
    assert kind.summary.endswith((".", ":", ";")) and len(kind.summary) < 100
    names = {type(read_augmentation(text, SHAPES[noun]).steps[0]) for text in kind.examples}
    assert names == {kind}


@every_example
def test_the_text_of_a_step_is_read_as_the_same_step(noun, text):
    augmentation = read_augmentation(text, SHAPES[noun])
    assert read_augmentation(str(augmentation), SHAPES[noun]) == augmentation
    assert str(augmentation) == text


@every_example
def test_a_sample_is_changed_alike_in_any_batch_and_by_any_number_of_threads(noun, text):
    augmentation = read_augmentation(text, SHAPES[noun])
    whole = prepare(augmentation, noun, list(range(COUNT)), threads=4)
    some = prepare(augmentation, noun, [79, 2, 5])
    assert np.array_equal(some, whole[[79, 2, 5]])
    assert np.isfinite(whole).all()


@every_example
def test_another_epoch_changes_samples_otherwise(noun, text):
    augmentation = read_augmentation(text, SHAPES[noun])
    plain = prepare(NONE, noun, list(range(12)))
    epochs = [prepare(augmentation, noun, list(range(12)), epoch) for epoch in range(3)]
    if text.startswith("border") or text.endswith("flip(1)"):
        assert np.array_equal(epochs[0], epochs[1])
    else:
        assert len({epoch.tobytes() for epoch in [plain, *epochs[:2]]}) == 3


@pytest.mark.parametrize(("noun", "text"), STILL)
def test_a_step_of_no_strength_changes_no_bit(noun, text):
    augmentation = read_augmentation(text, SHAPES[noun])
    plain = prepare(NONE, noun, list(range(12)))
    assert np.array_equal(prepare(augmentation, noun, list(range(12)), 3), plain)


@pytest.mark.parametrize("text", MOVES)
def test_moves_keep_the_levels_of_an_image_within_bounds(text):
    seen = prepare(read_augmentation(text, IMAGE), "image", list(range(12)))
    levels = (seen - PREPROCESSING["image"].shift) / PREPROCESSING["image"].scale
    assert levels.min() > -0.01 and levels.max() < 255.01
