import numpy as np
import pytest

from cnncli.randomness import GOLDEN, _mix, draw, hash_name, order, stream

MANY = np.arange(20_000)


def uniform(*arguments):
    """Return the draws for many samples as numbers from 0 to 1."""
    seed, epoch, purpose = arguments
    return draw(seed, epoch, MANY, purpose) / 2.0**64


def test_a_step_of_splitmix_is_the_published_one():
    # First output of SplitMix64 seeded with 0: https://prng.di.unimi.it/splitmix64.c
    assert _mix(GOLDEN) == 0xE220A8397B1DCDAF
    assert _mix(np.array([GOLDEN], np.uint64)).tolist() == [0xE220A8397B1DCDAF]


def test_what_is_drawn_is_known():
    assert draw(0, 0, np.arange(3), "order").tolist() == [
        14559836234260922460, 17404558993115378413, 14105977927275117278,
    ]  # fmt: skip
    assert order(0, 0, 10).tolist() == [7, 3, 5, 6, 9, 8, 2, 0, 1, 4]
    assert stream(0, "conv1/weight").integers(0, 1000, 4).tolist() == [238, 771, 889, 877]
    assert hash_name("cat/1.png") == pytest.approx(0.8935348759224857)


def test_a_sample_is_drawn_alike_wherever_it_stands():
    whole = draw(3, 2, MANY, "order")
    some = np.array([7, 19_999, 0])
    assert np.array_equal(draw(3, 2, some, "order"), whole[some])


def test_draws_are_uniform():
    for purpose in ("order", "tile row", "dropout 3"):
        counts = np.histogram(uniform(5, 1, purpose), 100, (0, 1))[0]
        # Chi-squared of 99 degrees of freedom lies below 170 with probability 1 - 1e-5.
        assert ((counts - 200) ** 2 / 200).sum() < 170


def test_every_bit_is_one_half_of_the_time():
    numbers = draw(1, 0, MANY, "order")
    shares = [((numbers >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)]
    assert np.abs(np.array(shares) - 0.5).max() < 5 * 0.5 / np.sqrt(MANY.size)


NEIGHBORS = [
    (0, 0, "order"), (1, 0, "order"), (2, 0, "order"), (0, 1, "order"), (0, 2, "order"),
    (1, 1, "order"), (0, 0, "tile row"), (0, 0, "tile column"), (0, 0, "dropout 1"),
    (0, 0, "dropout 2"),
]  # fmt: skip


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_seeds_epochs_purposes_and_neighboring_samples_do_not_correlate(shift):
    columns = [uniform(*arguments) for arguments in NEIGHBORS]
    last = MANY.size - shift
    for i, first in enumerate(columns):
        for j, second in enumerate(columns):
            if shift or i < j:
                correlation = np.corrcoef(first[:last], second[shift:])[0, 1]
                assert abs(correlation) < 5 / np.sqrt(MANY.size), (NEIGHBORS[i], NEIGHBORS[j])


def test_no_number_comes_twice():
    columns = [draw(*arguments[:2], MANY, arguments[2]) for arguments in NEIGHBORS]
    assert np.unique(np.concatenate(columns)).size == len(NEIGHBORS) * MANY.size


def test_any_whole_number_is_a_seed():
    for seed in (-1, 0, 2**70):
        assert sorted(order(seed, 5, 9)) == list(range(9))


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_an_order_holds_every_sample_once(count):
    assert sorted(order(3, 4, count)) == list(range(count))


def test_every_sample_is_first_equally_often():
    firsts = np.bincount([order(7, epoch, 8)[0] for epoch in range(4000)], minlength=8)
    assert np.abs(firsts - 500).max() < 5 * (4000 * (1 / 8) * (7 / 8)) ** 0.5


def test_orders_of_neighboring_seeds_and_epochs_are_not_alike():
    a, b, c = order(1, 2, 1000), order(2, 1, 1000), order(1, 3, 1000)
    assert max((a == b).sum(), (a == c).sum(), (b == c).sum()) < 12


def test_streams_differ_by_seed_and_by_name():
    first = [stream(*key).random() for key in ((0, "a"), (1, "a"), (0, "b"), (0, "a"))]
    assert len(set(first)) == 3
    assert first[0] == first[3]


def test_names_are_hashed_evenly():
    numbers = [hash_name(f"cat/{i}.png") for i in range(4000)]
    counts = np.histogram(numbers, 20, (0, 1))[0]
    assert ((counts - 200) ** 2 / 200).sum() < 60  # 19 degrees of freedom, probability 1 - 4e-6
