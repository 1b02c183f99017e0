import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from stripes import striped_data

from cnncli.allowance import Allowance
from cnncli.engine import Plan, Weights
from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
from cnncli.errors import CnncliError
from cnncli.layers.base import Setup
from cnncli.training import demand
from cnncli.training.automatic import build_network
from cnncli.training.demand import check_demand, count_demand
from cnncli.training.settings import choose_settings

MB = 1 << 20
TEXT = "conv(64, 3, pad=1) >> bn >> relu >> dense(classes)"
MEASURE = """
import json, re
from pathlib import Path
from stripes import striped_data
from cnncli.training.automatic import build_network
from cnncli.training.demand import count_demand
from cnncli.training.run import train
from cnncli.training.settings import choose_settings

data = striped_data(40, 8)
graph = build_network("conv(48, 3, pad=1) >> bn >> relu >> dense(9000) >> dense(classes)", data)
given = {"epochs": 1, "batch_size": 20, "threads": 2}
settings = choose_settings(given, graph, data.task, 40)
total = count_demand(data, graph, settings).total
list(train(PATH, data, graph, settings))
# Not of getrusage, which counts the process that started this one, too.
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps([total, peak]))
"""


def prepare(text=TEXT, **given):
    data = striped_data()
    graph = build_network(text, data)
    return data, graph, choose_settings({"epochs": 1, **given}, graph, data.task, len(data.train))


@pytest.fixture
def machine(monkeypatch):
    """Return what sets the memory that is free; the process itself has taken 50 MB."""
    monkeypatch.setattr(demand, "measure_resident_memory", lambda: 50 * MB)
    monkeypatch.setattr(demand, "SMALL", 0)
    monkeypatch.setattr(demand, "SLACK", 0)

    def leave(count):
        monkeypatch.setattr(demand, "measure_available_memory", lambda: count)

    leave(1000 * MB)
    return leave


def test_a_demand_is_what_the_arrays_of_the_training_take(machine):
    data, graph, settings = prepare(batch_size=16, threads=2)
    counted = count_demand(data, graph, settings)
    weights = Weights(graph)
    optimizer = Optimizer(OPTIMIZERS.read(settings.optimizer), weights, 0.0, 1)
    assert counted.weights == sum(array.nbytes for array in weights.arrays.values())
    assert counted.optimizer == sum(array.nbytes for array in optimizer.state)
    assert counted.step == Plan(graph, weights, Setup(16, 2, "train")).bytes
    assert counted.validation == Plan(graph, weights, Setup(64, 2)).bytes
    assert counted.data == (40 + 40) * 64 and counted.program == 50 * MB - counted.data
    assert counted.batches == 2 * 16 * (64 + 1) * 4 + 16 * 8  # inputs, targets, numbers of rows
    assert counted.total == sum(vars(counted).values())


def test_the_peak_of_a_real_training_is_within_a_fifth_of_it(tmp_path):
    program = MEASURE.replace("PATH", repr(str(tmp_path / "m.npz")))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="tests"
    )
    total, peak = json.loads(done.stdout)
    assert peak > 200 * MB
    assert total == pytest.approx(peak, rel=0.2)


@pytest.mark.parametrize("size", [1, 7, 33])
def test_the_batch_size_that_fits_is_the_largest_one(machine, size):
    data, graph, settings = prepare(batch_size=40)
    limit = count_demand(data, graph, replace(settings, batch_size=size)).total
    machine(limit - 50 * MB)
    with pytest.raises(CnncliError) as caught:
        check_demand(data, graph, settings)
    assert str(caught.value).endswith(f"; batch_size {size} fits")
    assert caught.value.exit_code == 1
    check_demand(data, graph, replace(settings, batch_size=size))
    with pytest.raises(CnncliError):
        check_demand(data, graph, replace(settings, batch_size=size + 1))


def test_what_users_allow_bounds_the_whole(machine, monkeypatch):
    data, graph, settings = prepare(batch_size=40)
    monkeypatch.setattr(Allowance, "bytes", 58 * MB)
    with pytest.raises(CnncliError, match=r"batch size of 40, and max_memory is 58 MB; batch_size"):
        check_demand(data, graph, settings)
    monkeypatch.setattr(Allowance, "bytes", 500 * MB)
    assert check_demand(data, graph, settings) == count_demand(data, graph, settings)


def test_where_no_batch_fits_a_smaller_network_is_asked_for(machine):
    machine(0)
    with pytest.raises(CnncliError, match="there are 50 MB; take a smaller network or smaller"):
        check_demand(*prepare())


def test_little_needs_no_look_at_the_machine(monkeypatch):
    monkeypatch.setattr(demand, "measure_available_memory", lambda: 0)
    check_demand(*prepare())


def test_networks_for_pixels_count_the_largest_image_they_judge(machine, tmp_path):
    from PIL import Image

    from cnncli.data.source import load_training

    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
        for number, side in enumerate((40, 40, 40, 120)):
            pixels = np.random.default_rng(number).integers(0, 2, (side, side)).astype(np.uint8)
            Image.fromarray(255 * pixels).save(tmp_path / folder / f"{number}.png")
    data = load_training(str(tmp_path), val=str(tmp_path))
    graph = build_network("conv(4, 3, pad=1) >> relu >> conv(classes, 1)", data)
    settings = choose_settings({"epochs": 1}, graph, data.task, 4)
    counted = count_demand(data, graph, settings)
    assert counted.validation > 4 * 120 * 120 * 4
