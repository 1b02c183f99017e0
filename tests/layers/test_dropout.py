from dataclasses import replace

import numpy as np
from contract import BATCH, Bench, check_layer

from cnncli.notation import parse


def test_dropout_keeps_the_contract():
    check_layer(parse("dropout(0.3)").layer, (6, 5, 7))


def test_dropout_zeroes_its_rate_and_scales_up_the_rest():
    bench = Bench(parse("dropout(0.25)").layer, ((50, 50, 8),))
    bench.site.x[0][:] = 3
    bench.forward(BATCH)
    values, counts = np.unique(bench.site.y, return_counts=True)
    assert values.tolist() == [0, 4]
    assert abs(counts[0] / bench.site.y.size - 0.25) < 0.01


def test_dropout_drops_the_same_in_backward_as_in_forward():
    bench = Bench(parse("dropout(0.5)").layer, ((30, 8),))
    bench.site.x[0][:] = 1
    bench.site.dy[:] = 1
    bench.forward(BATCH)
    bench.backward(BATCH)
    assert np.array_equal(bench.site.y, bench.site.dx[0])


def dropped(samples=None, *, seed=0, epoch=0, index=0):
    """Return what is left of ones: (BATCH, 30, 8)."""
    bench = Bench(parse("dropout(0.5)").layer, ((30, 8),))
    bench.site.x[0][:] = 1
    clock = bench.site.clock
    clock.seed, clock.epoch, bench.site.index = seed, epoch, index
    clock.samples = None if samples is None else np.array(samples)
    forward, _ = bench.layer.build(bench.site)
    forward(BATCH)
    return bench.site.y


def test_dropout_differs_from_epoch_to_epoch_layer_to_layer_and_seed_to_seed():
    answers = [dropped(), dropped(epoch=1), dropped(index=1), dropped(seed=1), dropped()]
    assert len({answer.tobytes() for answer in answers}) == 4
    assert np.array_equal(answers[0], answers[4])


def test_dropout_drops_the_same_of_a_sample_wherever_it_stands_in_the_batch():
    here, there = dropped([7, 3, 90, 4]), dropped([4, 7, 1, 2])
    assert np.array_equal(here[[0, 3]], there[[1, 0]])
    assert not np.array_equal(here[0], here[1])


def test_dropout_passes_everything_in_a_prediction():
    bench = Bench(parse("dropout(0.5)").layer, ((30, 8),))
    bench.site.setup = replace(bench.site.setup, training=False)
    forward, _ = bench.layer.build(bench.site)
    forward(BATCH)
    assert np.array_equal(bench.site.y, bench.site.x[0])
