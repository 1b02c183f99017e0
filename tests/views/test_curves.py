import pytest

from cnncli.training.history import History
from cnncli.views.curves import make_curves, name_trainings


def make_history(path="a.jsonl", count=4, best=3, **figures):
    """Return a training whose losses fall as 1, 1/2, 1/3."""
    records = []
    for epoch in range(1, count + 1):
        usual = {"epoch": epoch, "lr": 0.1, "train_loss": 1 / epoch, "val_loss": 2 / epoch}
        extra = {name: values[epoch - 1] for name, values in figures.items()}
        records.append({**usual, **extra, "best": epoch <= best})
    return History(path, tuple(records))


def draw(*histories):
    return make_curves(histories, name_trainings(histories))


def test_a_training_has_its_losses_its_figures_and_its_learning_rate():
    chart = draw(make_history(val_mean_iou=[0.1, 0.2, None, 0.4]))
    titles = [panel.title for panel in chart.panels]
    assert titles == ["loss", "validation mean iou", "learning rate"]
    train, val = chart.panels[0].lines
    assert train.points == ((1, 1.0), (2, 0.5), (3, 1 / 3), (4, 0.25))
    assert val.points == ((1, 2.0), (2, 1.0), (3, 2 / 3), (4, 0.5))
    assert (train.style.dashed, val.style.dashed) == (True, False)
    assert chart.panels[1].lines[0].points == ((1, 0.1), (2, 0.2), (3, None), (4, 0.4))
    assert [name for name, _ in chart.legend] == ["training", "validation"]


def test_a_ring_is_around_the_last_epoch_that_was_the_best():
    train, val = draw(make_history(best=3)).panels[0].lines
    assert (train.ringed, val.ringed) == (None, 3)


def test_several_trainings_have_names_colors_and_markers():
    chart = draw(make_history("x/a.jsonl"), make_history("y/b.npz", 2))
    assert [name for name, _ in chart.legend] == ["a", "b", "on training samples"]
    (_, first), (_, second), _ = chart.legend
    assert first.color != second.color and first.marker != second.marker
    assert [line.style.color for line in chart.panels[0].lines] == [0, 0, 1, 1]
    assert [len(line.points) for line in chart.panels[1].lines] == [4, 2]


def test_trainings_of_other_tasks_share_a_chart():
    chart = draw(make_history(val_r2=[0.1] * 4), make_history("b", val_accuracy=[0.5] * 4))
    titles = [panel.title for panel in chart.panels]
    assert titles == ["loss", "validation r2", "validation accuracy", "learning rate"]
    assert [len(line.points) for line in chart.panels[1].lines] == [4, 0]


@pytest.mark.parametrize(
    ("losses", "logarithmic"), [([2, 1, 0.5, 0.3], False), ([2, 1, 0.1, 0.01], True),
                                ([2, 1, 0.1, -0.01], False), ([2, None, 0.1, None], True)],
)  # fmt: skip
def test_losses_that_fall_far_are_drawn_in_decades(losses, logarithmic):
    chart = draw(make_history(train_loss=losses, val_loss=[0.5] * 4))
    assert chart.panels[0].logarithmic is logarithmic


def test_a_figure_that_was_never_measured_has_no_panel():
    chart = draw(make_history(val_map=[None] * 4))
    assert [panel.title for panel in chart.panels] == ["loss", "learning rate"]


def test_trainings_of_the_same_name_are_told_apart_by_their_paths():
    histories = [History(path, ()) for path in ("a/m.npz", "b/m.npz", "c.npz", "-")]
    assert name_trainings(histories) == ["a/m.npz", "b/m.npz", "c", "-"]


def test_a_long_name_keeps_its_end():
    chart = draw(make_history("x" * 100 + "end.npz"))
    assert len(chart.title) < 60 and chart.title.endswith("xend")
