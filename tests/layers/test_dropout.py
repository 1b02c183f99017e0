import numpy as np
from contract import BATCH, PREDICTION, Bench

from cnncli.layers.base import Clock
from cnncli.notation import parse


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
    bench.dy[:] = 1
    bench.forward(BATCH)
    bench.backward(BATCH)
    assert np.array_equal(bench.site.y, bench.dx[0])


def drop(samples=None, *, seed=0, epoch=0, index=0):
    """Return what is left of ones: (BATCH, 30, 8)."""
    bench = Bench(parse("dropout(0.5)").layer, ((30, 8),))
    bench.site.x[0][:] = 1
    samples = None if samples is None else np.array(samples)
    bench.build(clock=Clock(seed, epoch, samples), index=index)
    bench.forward(BATCH)
    return bench.site.y


def test_dropout_differs_from_epoch_to_epoch_layer_to_layer_and_seed_to_seed():
    answers = [drop(), drop(epoch=1), drop(index=1), drop(seed=1), drop()]
    assert len({answer.tobytes() for answer in answers}) == 4
    assert np.array_equal(answers[0], answers[4])


def test_dropout_drops_the_same_of_a_sample_wherever_it_stands_in_the_batch():
    here, there = drop([7, 3, 90, 4]), drop([4, 7, 1, 2])
    assert np.array_equal(here[[0, 3]], there[[1, 0]])
    assert not np.array_equal(here[0], here[1])


def test_dropout_passes_everything_in_a_prediction_and_all_of_its_gradient():
    bench = Bench(parse("dropout(0.5)").layer, ((30, 8),), PREDICTION)
    bench.forward(BATCH)
    bench.backward(BATCH)
    assert np.array_equal(bench.site.y, bench.site.x[0])
    assert np.array_equal(bench.dx[0], bench.dy)
