import pytest
from stripes import striped_data

from cnncli.training.automatic import build_network
from cnncli.training.demand import Demand
from cnncli.training.rehearsal import Pace
from cnncli.training.settings import choose_settings
from cnncli.views.outlook import make_outlook, write_outlook


@pytest.fixture
def outlook():
    data = striped_data()
    graph = build_network("conv(4,3) >> relu >> dense(classes)", data)
    settings = choose_settings({"epochs": 2.5, "batch_size": 8}, graph, data.task, 40)
    return make_outlook(
        data, graph, settings, Demand(*range(1000, 10000, 1000)), Pace(0.5, 10, 1.0)
    )


def test_a_document_has_samples_layers_bytes_and_seconds(outlook):
    assert outlook["counts"] == {"flat": 20, "upright": 20}
    assert (outlook["train_images"], outlook["val_images"]) == (40, 40)
    assert [layer["name"] for layer in outlook["layers"]] == ["conv1", "relu1", "dense1"]
    assert outlook["params"] == 4 * 9 + 4 + 2 * 4 * 36 + 2
    assert outlook["memory"]["data"] == 2000 and outlook["memory"]["total"] == 45000
    assert outlook["seconds"] == {"step": 0.5, "validation": 1.0, "epoch": 6.0, "training": 15.0}
    assert outlook["settings"]["batch_size"] == 8


def test_lines_have_the_table_and_what_the_training_takes(outlook):
    lines = list(write_outlook(outlook))
    assert lines[0] == "input 8x8x1"
    assert any(line.startswith("dense1") for line in lines)
    assert "   2,000  samples kept in memory" in lines
    assert "  45,000  in all" in lines
    assert [line.split("  ")[-1].strip() for line in lines[-3:]] == [
        "500 ms per step of 8", "6 s per epoch", "15 s for 2.5 epochs",
    ]  # fmt: skip
