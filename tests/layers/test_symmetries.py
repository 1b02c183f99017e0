"""What moves with the image, and what stays as it is: convolution and pooling of a real digit."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.engine import Plan, Weights
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse

DIGITS = Path(__file__).parents[2] / "sample_data" / "digits" / "test"
POOLS = ("maxpool", "avgpool", "l2pool")
MARGIN = 10  # pixels around the digit


@pytest.fixture(scope="module")
def digit():
    """A seven of 28x28 in the middle of 48x48, from 0 to 1."""
    pixels = np.asarray(Image.open(DIGITS / "7" / "11798.png"), np.float32) / 255
    return np.pad(pixels, MARGIN)[..., None]


def answer(text, image):
    graph = build_graph(parse(text), image.shape)
    weights = Weights(graph)
    weights.initialize(seed=1)
    plan = Plan(graph, weights, Setup(1))
    plan.input[0] = image
    plan.forward(1)
    return plan.output[0].copy()


def move(image, rows, columns):
    return np.roll(image, (rows, columns), (0, 1))


def measure_change(first, second):
    """Return how far two arrays are apart, as a share of the first."""
    return np.linalg.norm(second - first) / np.linalg.norm(first)


@pytest.mark.parametrize("shift", [(1, 0), (0, -3), (4, 2)])
@pytest.mark.parametrize(
    "text", ["conv(6, 5)", "conv(6, 5, pad=2) >> relu", "conv(4, 3) >> tanh >> conv(6, 3)"]
)
def test_a_convolution_of_a_moved_digit_is_the_moved_convolution(text, shift, digit):
    plain, after = answer(text, digit), answer(text, move(digit, *shift))
    assert measure_change(plain, after) > 0.1
    assert np.allclose(after[4:-4, 4:-4], move(plain, *shift)[4:-4, 4:-4], atol=1e-6)


def test_a_convolution_of_stride_2_moves_one_step_where_the_digit_moves_two(digit):
    plain = answer("conv(6, 3, 2)", digit)
    after_two, after_one = (answer("conv(6, 3, 2)", move(digit, rows, 0)) for rows in (2, 1))
    assert np.allclose(after_two[1:-1], move(plain, 1, 0)[1:-1], atol=1e-6)
    assert not np.allclose(after_one[1:-1], plain[1:-1], atol=1e-2)


def test_a_dense_layer_knows_nothing_of_places(digit):
    plain, after = (answer("dense(50)", image) for image in (digit, move(digit, 1, 0)))
    assert measure_change(plain, after) > 0.1


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("shift", [(1, 0), (0, 1), (1, 1)])
def test_a_pool_answers_a_digit_moved_by_a_pixel_much_as_before(kind, shift, digit):
    pixels = measure_change(digit, move(digit, *shift))
    two, eight = (
        measure_change(
            *(answer(f"{kind}({size})", image) for image in (digit, move(digit, *shift)))
        )
        for size in (2, 8)
    )
    assert pixels > 0.4
    assert eight < two < pixels


@pytest.mark.parametrize("kind", POOLS)
def test_a_pixel_that_stays_in_its_window_changes_nothing(kind):
    image = np.zeros((8, 8, 1), np.float32)
    image[4, 4] = 3
    plain = answer(f"{kind}(4)", image)
    for shift in [(1, 0), (3, 2)]:
        assert np.array_equal(answer(f"{kind}(4)", move(image, *shift)), plain)
    assert not np.array_equal(answer(f"{kind}(4)", move(image, 4, 0)), plain)


@pytest.mark.parametrize("kind", ["global_avgpool", "global_maxpool"])
def test_a_global_pool_behind_a_convolution_answers_the_same_wherever_the_digit_is(kind, digit):
    text = f"conv(6, 5) >> relu >> {kind}"
    plain = answer(text, digit)
    for shift in [(1, 0), (5, -4)]:
        assert np.allclose(answer(text, move(digit, *shift)), plain, rtol=1e-5)
