import pytest

from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.tasks import Classification, Regression, Segmentation
from cnncli.training.settings import choose_settings


def graph(text):
    return build_graph(parse(text), (16, 16, 3))


def choose(given, graph, samples):
    return choose_settings(given, graph, CLASSES, samples)


CLASSES = Classification(("a", "b", "c", "d"))
PLAIN = graph("conv(8,3) >> relu >> dense(4)")
DEEP = graph("6 * (conv(8,3,pad=1) >> relu) >> dense(4)")
NORMED = graph("conv(8,3) >> bn >> relu >> dense(4)")


def test_what_is_given_is_kept():
    given = {
        "epochs": 3,
        "batch_size": 7,
        "lr": 0.5,
        "optimizer": "sgd",
        "weight_decay": 0.0,
        "warmup_epochs": 0.0,
        "label_smoothing": 0.0,
        "seed": 9,
    }
    settings = choose(given, PLAIN, 1000)
    assert {name: getattr(settings, name) for name in given} == given


def test_no_epochs_at_all_can_be_asked_for():
    assert choose({"epochs": 0}, NORMED, 1000).epochs == 0


@pytest.mark.parametrize(
    ("images", "epochs", "batch"), [(900, 20, 32), (9000, 15, 64), (45000, 10, 64)]
)
def test_epochs_and_batch_follow_the_number_of_images(images, epochs, batch):
    settings = choose({}, NORMED, images)
    assert (settings.epochs, settings.batch_size) == (epochs, batch)


@pytest.mark.parametrize(
    ("epochs", "steps"), [(0, 0), (2, 14), (1.5, 10), (9.36, 66), (0.5, 4), (0.01, 1)]
)
def test_epochs_may_be_fractions_but_steps_are_whole(epochs, steps):
    assert choose({"epochs": epochs}, NORMED, 200).count_steps(7) == steps


def test_a_whole_number_of_epochs_is_an_int():
    assert repr(choose({"epochs": 9.0}, NORMED, 900).epochs) == "9"
    assert repr(choose({"epochs": 9.5}, NORMED, 900).epochs) == "9.5"


def test_deep_networks_without_bn_learn_more_carefully():
    rates = [choose({}, network, 900).lr for network in (NORMED, PLAIN, DEEP)]
    assert rates == pytest.approx([5e-3, 3e-3, 1e-3])


def test_weight_decay_takes_off_the_same_share_however_long_the_training_is():
    short, long = choose({"epochs": 20}, NORMED, 900), choose({"epochs": 200}, NORMED, 900)
    assert short.weight_decay == pytest.approx(1.0)
    assert long.weight_decay == pytest.approx(3 / (5e-3 * 29 * 200))
    fraction = choose({"epochs": 99.5}, NORMED, 900)
    assert fraction.weight_decay == pytest.approx(3 / (5e-3 * 29 * 99.5))
    assert choose({"optimizer": "nesterov"}, NORMED, 900).weight_decay == 5e-4


def test_lion_takes_smaller_steps_and_decays_as_much():
    adamw, lion = (choose({"optimizer": name}, NORMED, 900) for name in ("adamw", "lion"))
    assert lion.lr == pytest.approx(0.3 * adamw.lr)
    assert lion.lr * lion.weight_decay == pytest.approx(adamw.lr * adamw.weight_decay)


def test_warm_up_is_an_epoch_but_no_more_than_500_steps():
    assert choose({}, NORMED, 900).warmup_epochs == 1
    assert choose({}, NORMED, 64_000).warmup_epochs == pytest.approx(0.5)


def test_warm_up_is_at_most_half_of_the_training():
    warmups = [choose({"epochs": n}, NORMED, 900).warmup_epochs for n in (0.5, 1, 2, 3)]
    assert warmups == [0.25, 0.5, 1, 1]


def test_a_network_that_answers_for_every_pixel_takes_fewer_tiles_at_a_time():
    maps = graph("conv(8,3,pad=1) >> bn >> relu >> conv(4,1)")
    assert choose_settings({}, maps, Segmentation(CLASSES.outputs), 900).batch_size == 8
    assert choose_settings({"batch_size": 3}, maps, CLASSES, 900).batch_size == 3


def test_labels_are_smoothed_as_the_task_has_it():
    assert choose({}, NORMED, 900).label_smoothing == 0.1
    numbers = Regression(("a", "b", "c", "d"))
    assert choose_settings({}, NORMED, numbers, 900).label_smoothing == 0
    with pytest.raises(UsageError):
        choose_settings({"label_smoothing": 0.1}, NORMED, numbers, 900)


def test_a_figure_that_the_task_does_not_have_cannot_be_monitored():
    assert choose({"monitor": "val_accuracy"}, NORMED, 900).monitor == "val_accuracy"
    assert choose({"monitor": "train_loss"}, NORMED, 900).monitor == "train_loss"
    message = "monitor val_mae: classify has train_loss, val_loss, val_accuracy"
    with pytest.raises(UsageError, match=message):
        choose({"monitor": "val_mae"}, NORMED, 900)


def test_a_momentum_given_by_itself_becomes_a_setting_of_the_optimizer():
    settings = choose({"optimizer": "nesterov", "momentum": 0.5}, NORMED, 900)
    assert settings.optimizer == "nesterov(0.5)"
    assert choose({"momentum": 0.9}, NORMED, 900).optimizer == "adamw"
    assert choose({"optimizer": "adam(0.9, 0.98)"}, NORMED, 900).optimizer == "adam(beta2=0.98)"


def test_a_momentum_given_twice_is_an_error():
    with pytest.raises(UsageError, match=r"momentum 0\.5: optimizer adam\(0\.8\) says it too"):
        choose({"optimizer": "adam(0.8)", "momentum": 0.5}, NORMED, 900)


@pytest.mark.parametrize(("batch_size", "samples"), [(1, 40), (2, 41), (32, 1), (2, 1)])
@pytest.mark.parametrize(
    "text",
    ["dense(8) >> bn >> relu >> dense(4)", "conv(8,3) >> relu >> global_avgpool >> bn >> dense(4)"],
)
def test_bn_over_single_values_is_refused(batch_size, samples, text):
    with pytest.raises(UsageError, match=r"bn1 would normalize single values.* a batch of one"):
        choose({"batch_size": batch_size}, graph(text), samples)


@pytest.mark.parametrize(("batch_size", "samples"), [(2, 40), (3, 41), (40, 41), (3, 2)])
def test_bn_over_two_values_or_more_is_taken(batch_size, samples):
    vectors = graph("dense(8) >> bn >> relu >> dense(4)")
    assert choose({"batch_size": batch_size}, vectors, samples).batch_size == batch_size
    assert choose({"batch_size": 1}, NORMED, samples).batch_size == 1  # an image has many values


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_delta": 0.1}, "min_delta 0.1: has no effect without patience"),
        ({"keep": "average"}, "keep average: there is no average without average; give that, too"),
        ({"keep": "last", "average": 0.9}, "keep last: would throw the average away"),
    ],
)
def test_settings_without_effect_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        choose(given, NORMED, 900)


def test_settings_that_go_together_are_taken():
    given = {"min_delta": 0.1, "patience": 3, "keep": "average", "average": 0.9, "clip": 1.0}
    settings = choose(given, NORMED, 900)
    assert {name: getattr(settings, name) for name in given} == given
    choose({"average": 0.9}, NORMED, 900)
    choose({"keep": "last"}, NORMED, 900)


def test_what_is_inherited_learns_more_slowly_and_a_head_alone_faster():
    graph = build_graph(parse("conv(4,3) >> bn >> relu >> dense(2)"), (8, 8, 1))
    task = Classification(("a", "b"))

    def rate(**given):
        return choose_settings(given, graph, task, 100).lr

    assert rate(inherited_from="x") == pytest.approx(rate() / 5)
    assert rate(inherited_from="x", freeze="features") == pytest.approx(rate() * 4)
    assert rate(inherited_from="x", freeze="bn1") == pytest.approx(rate() / 5)
    assert rate(inherited_from="x", lr=0.3) == 0.3
    assert rate(inherited_from="x", new_layers="bn1, dense1") == rate()
    assert rate(inherited_from="x", new_layers="dense1") == pytest.approx(rate() / 5)


def test_an_augmentation_is_chosen_unless_one_is_given_or_the_network_is_frozen():
    gray = build_graph(parse("conv(8,3) >> relu >> dense(4)"), (16, 16, 1))
    assert choose({}, gray, 900).augment.startswith("shift(0.1)")
    assert choose({"augment": "none"}, gray, 900).augment == "none"
    assert choose({"freeze": "features"}, gray, 900).augment == "none"


def test_a_schedule_that_rises_by_itself_has_no_warm_up_before_it():
    assert choose({"lr_schedule": "onecycle"}, NORMED, 900).warmup_epochs == 0
    assert choose({"lr_schedule": "onecycle", "warmup_epochs": 1}, NORMED, 900).warmup_epochs == 1
