"""Mixed samples: which, how much of each, and what is refused."""

import numpy as np
import pytest

from cnncli.augment import Augmentation, Draws
from cnncli.augment.mixing import Cutmix, Mixup, SignalMixup
from cnncli.augment.text import read_augmentation
from cnncli.errors import UsageError

DRAWS = Draws(3, 0, np.arange(300))


def mix(*steps, shape=(10, 7, 2), draws=DRAWS):
    """Return zeros mixed with ones, and the shares that are left of the zeros."""
    inputs = np.zeros((len(draws), *shape), np.float32)
    shares = Augmentation(steps).mix(draws, inputs, np.ones_like(inputs))
    return inputs, shares


@pytest.mark.parametrize(("step", "shape"), [(Mixup(1.0), (5, 4, 3)), (SignalMixup(1.0), (9, 2))])
def test_mixup_adds_both_by_their_shares(step, shape):
    inputs, shares = mix(step, shape=shape)
    flat = inputs.reshape(300, -1)
    assert np.allclose(flat, 1 - shares[:, None], atol=1e-6)
    assert 0.4 < shares.mean() < 0.6


def test_a_small_alpha_leaves_most_of_one_of_the_two():
    shares = mix(Mixup(0.1))[1]
    assert ((shares < 0.1) | (shares > 0.9)).mean() > 0.7
    assert 0.4 < shares.mean() < 0.6


def test_cutmix_pastes_a_rectangle_and_counts_its_pixels():
    inputs, shares = mix(Cutmix())
    pasted = inputs[..., 0] == 1
    assert np.array_equal(inputs[..., 0], inputs[..., 1])
    assert np.isin(inputs, (0, 1)).all()
    assert shares == pytest.approx(1 - pasted.mean(axis=(1, 2)))
    rows, columns = pasted.any(axis=2).sum(axis=1), pasted.any(axis=1).sum(axis=1)
    assert (pasted.sum(axis=(1, 2)) == rows * columns).all()
    assert 0 < shares.min() < 0.4
    assert shares.max() == 1


def test_of_two_ways_to_mix_each_sample_takes_one():
    inputs, shares = mix(Mixup(1.0), Cutmix())
    cut = np.isin(inputs, (0, 1)).all(axis=(1, 2, 3))
    assert 0.4 < cut.mean() < 0.6
    assert shares == pytest.approx(1 - inputs[..., 0].mean(axis=(1, 2)), abs=1e-6)


def test_a_sample_is_mixed_alike_in_any_batch():
    whole = mix(Mixup(1.0), Cutmix())
    some = mix(Mixup(1.0), Cutmix(), draws=Draws(3, 0, np.array([77, 5])))
    for part, all_of_them in zip(some, whole, strict=True):
        assert np.array_equal(part, all_of_them[[77, 5]])


def test_the_other_is_any_sample_of_the_set_but_itself():
    others = Augmentation((Mixup(),)).choose_others(DRAWS, 300)
    assert (others != np.arange(300)).all()
    assert others.min() >= 0 and others.max() < 300
    assert len(set(others.tolist())) > 150
    pairs = Augmentation((Mixup(),)).choose_others(Draws(0, 0, np.array([0, 1])), 2)
    assert pairs.tolist() == [1, 0]


def test_another_epoch_has_other_partners_and_shares():
    augmentation = Augmentation((Mixup(),))
    later = Draws(3, 1, np.arange(300))
    same = augmentation.choose_others(DRAWS, 300) == augmentation.choose_others(later, 300)
    assert same.mean() < 0.1
    assert not np.isin(mix(Mixup())[1], mix(Mixup(), draws=later)[1]).mean() > 0.5


@pytest.mark.parametrize("step", ["mixup", "cutmix"])
@pytest.mark.parametrize(
    ("task", "reason"),
    [("regress", "nobody knows the numbers"), ("segment", "would have two classes")],
)
def test_mixing_is_refused_where_it_has_no_meaning(step, task, reason):
    with pytest.raises(UsageError, match=f"augment: {step} is for classes and labels: .*{reason}"):
        read_augmentation(step, (8, 8, 3)).check(task, (8, 8, 3))


@pytest.mark.parametrize("task", ["classify", "multi-label"])
def test_classes_and_labels_can_be_mixed(task):
    augmentation = read_augmentation("mixup, cutmix", (8, 8, 3))
    augmentation.check(task, (8, 8, 3))
    assert augmentation.mixes
