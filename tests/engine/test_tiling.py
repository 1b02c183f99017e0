"""The same answer whatever the tiles, and the one that the whole image would get."""

import numpy as np
import pytest

from cnncli.engine import Plan, Weights, tiling
from cnncli.engine.copies import make_copies
from cnncli.engine.tiling import Tiled
from cnncli.errors import ArchitectureError, UsageError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse

SMALL = """\
two(n) = conv(n, 3, pad=1, bias=no) >> bn >> relu >> conv(n, 3, pad=1) >> relu
lower = maxpool(2) >> two(24) >> deconv(16, 2, 2)
two(16) >> (id | lower) >> two(16) >> conv(3, 1)
"""


def network(text, shape=(16, 16, 2)):
    graph = build_graph(parse(text), shape)
    weights = Weights(graph)
    weights.initialize(seed=1)
    return graph, weights


def image(height, width, channels=2):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def fill(images, indices, out):
    out[...] = (images[indices] - np.float32(128)) / 64


@pytest.mark.parametrize(("height", "width"), [(61, 90), (8, 100), (16, 16), (1, 5)])
def test_the_tiles_change_no_bit_of_the_answer(height, width):
    graph, weights = network(SMALL)
    pixels = image(height, width)
    whole = Tiled(graph, weights, Setup(1))(pixels, fill)
    assert whole.shape == (height, width, 3)
    for tile in ((8, 8), (16, 40), (64, 8)):
        assert Tiled(graph, weights, Setup(1), tile=tile)(pixels, fill).tobytes() == whole.tobytes()


def test_tiles_come_one_by_one_and_cover_the_image_once():
    graph, weights = network(SMALL)
    pixels = image(61, 90)
    whole = Tiled(graph, weights, Setup(1))(pixels, fill)
    seen = np.zeros((61, 90), int)
    for place, logits in Tiled(graph, weights, Setup(1), tile=(16, 40)).answer_tiles(pixels, fill):
        assert logits.tobytes() == whole[place].tobytes()
        seen[place] += 1
    assert (seen == 1).all()


def test_the_number_of_threads_changes_no_bit_either():
    graph, weights = network(SMALL)
    single, double = (Tiled(graph, weights, Setup(1, n), tile=(32, 32)) for n in (1, 2))
    assert single(image(50, 50), fill).tobytes() == double(image(50, 50), fill).tobytes()


def test_the_answer_is_that_of_one_pass_over_the_image_extended_by_reflection():
    graph, weights = network(SMALL)
    pixels = image(32, 48)
    wide = np.pad(pixels, ((16, 16), (16, 16), (0, 0)), mode="reflect")
    plan = Plan(build_graph(parse(SMALL), wide.shape), weights, Setup(1))
    fill(wide[None], [0], plan.input)
    plan.forward(1)
    answer = Tiled(graph, weights, Setup(1), tile=(16, 16))(pixels, fill)
    assert np.allclose(answer, plan.output[0, 16:-16, 16:-16], atol=1e-5)


@pytest.mark.parametrize("mirrored", [[], [1], [0, 1]])
@pytest.mark.parametrize(("height", "width"), [(61, 90), (8, 100), (1, 5)])
def test_the_tiles_change_no_bit_of_a_mean_over_copies(height, width, mirrored):
    graph, weights = network(SMALL)
    pixels, copies = image(height, width), make_copies(mirrored)
    whole = Tiled(graph, weights, Setup(1), copies=copies)(pixels, fill)
    for tile in ((8, 8), (16, 40)):
        tiled = Tiled(graph, weights, Setup(1), tile=tile, copies=copies)
        assert tiled(pixels, fill).tobytes() == whole.tobytes()


@pytest.mark.parametrize("copy", make_copies([0, 1]))
def test_a_copy_is_answered_like_the_extended_image_changed_and_brought_back(copy):
    graph, weights = network(SMALL)
    pixels = image(32, 48)
    wide = np.pad(pixels, ((24, 24), (24, 24), (0, 0)), mode="reflect")
    plan = Plan(build_graph(parse(SMALL), wide.shape), weights, Setup(1))
    fill(copy.make(wide[None]), [0], plan.input)
    plan.forward(1)
    expected = copy.weight * copy.bring_back(plan.output[0])[24:-24, 24:-24]
    answer = Tiled(graph, weights, Setup(1), tile=(16, 16), copies=[copy])(pixels, fill)
    assert np.allclose(answer, expected, atol=1e-5)


def test_plans_for_many_sizes_take_no_more_memory_than_one_may(monkeypatch):
    graph, weights = network(SMALL)
    tiled = Tiled(graph, weights, Setup(1))
    sizes = [(8, 8), (40, 8), (8, 40), (40, 40)]
    answers = [tiled(image(*size), fill).tobytes() for size in sizes]
    most = max(plan.bytes for plan in tiled._plans.values())
    monkeypatch.setattr(tiling, "MEMORY", most)
    tiled = Tiled(graph, weights, Setup(1))
    for size, answer in zip(sizes, answers, strict=True):
        assert tiled(image(*size), fill).tobytes() == answer
        assert sum(plan.bytes for plan in tiled._plans.values()) <= most


def test_new_weights_are_used_after_a_refresh():
    graph, weights = network(SMALL)
    tiled = Tiled(graph, weights, Setup(1))
    before = tiled(image(9, 9), fill)
    weights.arrays["bn1/weight"][:] = 3
    tiled.refresh()
    assert not np.allclose(tiled(image(9, 9), fill), before)


def test_a_network_that_answers_other_sizes_otherwise_is_refused():
    graph, weights = network("dense(768) >> reshape(16x16x3)")
    with pytest.raises(ArchitectureError, match="sees the whole image at once"):
        Tiled(graph, weights, Setup(1))


GATED = "conv(8, 3, pad=1) >> relu >> id * (global_avgpool >> conv(8, 1) >> sigmoid) >> maxpool(2)"
WHOLE = f"{GATED} >> instance_norm >> upsample(2) >> conv(3, 1)"


def test_an_image_of_which_all_is_seen_at_once_is_the_only_tile():
    graph, weights = network(WHOLE)
    pixels = image(26, 48)
    plan = Plan(build_graph(parse(WHOLE), (26, 48, 2)), weights, Setup(1))
    fill(pixels, None, plan.input[0])
    plan.forward(1)
    assert Tiled(graph, weights, Setup(1))(pixels, fill).tobytes() == plan.output[0].tobytes()


def test_an_image_of_which_all_is_seen_is_continued_to_a_multiple_of_the_stride():
    graph, weights = network(WHOLE)
    pixels = image(26, 48)
    pixels[25], pixels[:, 47] = pixels[23], pixels[:, 45]
    tiled = Tiled(graph, weights, Setup(1))
    assert tiled(pixels[:25, :47], fill).tobytes() == tiled(pixels, fill)[:25, :47].tobytes()


def test_a_network_that_sees_whole_images_takes_no_tiles():
    graph, weights = network(WHOLE)
    with pytest.raises(UsageError, match=r"tile.*: the network sees whole images; leave it out"):
        Tiled(graph, weights, Setup(1), tile=(16, 16))
