import pytest

from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.training.automatic import auto_architecture
from cnncli.training.settings import chosen


def graph(text):
    return build_graph(parse(text), (16, 16, 3))


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
    settings = chosen(given, PLAIN, 1000)
    assert {name: getattr(settings, name) for name in given} == given


def test_no_epochs_at_all_can_be_asked_for():
    assert chosen({"epochs": 0}, NORMED, 1000).epochs == 0


@pytest.mark.parametrize(
    ("images", "epochs", "batch"), [(900, 20, 32), (9000, 15, 64), (45000, 10, 64)]
)
def test_epochs_and_batch_follow_the_number_of_images(images, epochs, batch):
    settings = chosen({}, NORMED, images)
    assert (settings.epochs, settings.batch_size) == (epochs, batch)


def test_deep_networks_without_bn_learn_more_carefully():
    rates = [chosen({}, one, 900).lr for one in (NORMED, PLAIN, DEEP)]
    assert rates == pytest.approx([5e-3, 3e-3, 1e-3])


def test_weight_decay_takes_off_the_same_share_however_long_the_training_is():
    short, long = chosen({"epochs": 20}, NORMED, 900), chosen({"epochs": 200}, NORMED, 900)
    assert short.weight_decay == pytest.approx(1.0)
    assert long.weight_decay == pytest.approx(3 / (5e-3 * 29 * 200))
    assert chosen({"optimizer": "nesterov"}, NORMED, 900).weight_decay == 5e-4


def test_warm_up_is_an_epoch_but_no_more_than_500_steps():
    assert chosen({}, NORMED, 900).warmup_epochs == 1
    assert chosen({}, NORMED, 64_000).warmup_epochs == pytest.approx(0.5)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 7, 8, 16, 28, 32, 64, 96, 97, 128, 224, 500])
@pytest.mark.parametrize("images", [20, 50_000])
def test_the_automatic_network_fits_every_size(side, images):
    for shape in [(side, side, 1), (side, 2 * side, 3)]:
        built = build_graph(parse(auto_architecture(shape, images), 5), shape)
        assert built.output_shape == (5,)
        last = next(node for node in built.nodes if node.layer.kind == "global_avgpool")
        assert min(last.input_shapes[0][:2]) <= 6 or side > 96
