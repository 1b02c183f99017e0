import gc
import tracemalloc
from itertools import combinations

import numpy as np
import pytest

from cnncli import memory
from cnncli.engine import Plan, Weights, choose_batch, count_memory_bytes, softmax
from cnncli.engine.buffers import Layout
from cnncli.engine.plan import SMALL
from cnncli.errors import CnncliError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.notation import parse

RESIDUAL = (
    "conv(8,3,pad=1,bias=no) >> bn >> relu >> (conv(8,3,pad=1) >> bn >> relu >> depthwise(3,pad=1)"
    " >> bn) + id >> relu >> (id | conv(4,1)) >> dropout(0.3) >> maxpool >> dense(16) >> bn"
    " >> relu >> dense(5) >> softmax"
)
SHAPE = (9, 8, 3)


def make_network(text=RESIDUAL, shape=SHAPE, seed=0):
    graph = build_graph(parse(text), shape)
    weights = Weights(graph)
    weights.initialize(seed=seed)
    numbers = np.random.default_rng(seed)
    for name, array in weights.arrays.items():
        if name.endswith(("running_mean", "bias")):
            array[:] = numbers.standard_normal(array.size)
        if name.endswith("running_var"):
            array[:] = numbers.uniform(0.3, 2, array.size)
    return graph, weights


def images(count, shape=SHAPE):
    return np.random.default_rng(7).standard_normal((count, *shape)).astype(np.float32)


def logits(graph, weights, x, batch=None, keep=(), **setup):
    plan = Plan(graph, weights, Setup(batch or len(x), **setup), keep=keep)
    answers = []
    for start in range(0, len(x), plan.setup.batch):
        part = x[start : start + plan.setup.batch]
        plan.input[: len(part)] = part
        plan.forward(len(part))
        answers.append(plan.output[: len(part)].copy())
    return np.concatenate(answers)


def test_a_fused_prediction_equals_the_same_network_layer_by_layer():
    graph, weights = make_network()
    names = [node.name for node in graph.nodes]
    fused = logits(graph, weights, images(4))
    single = logits(graph, weights, images(4), keep=names)
    assert np.abs(fused - single).max() <= 1e-5 * np.abs(single).max()
    assert len(Plan(graph, weights, Setup(4)).steps) < len(
        Plan(graph, weights, Setup(4), keep=names).steps
    )


def test_predictions_are_the_same_bits_for_any_batch_size_company_and_threads():
    graph, weights = make_network()
    x = images(13)
    expected = logits(graph, weights, x, 13)
    for batch, threads in [(1, 1), (1, 2), (5, 3), (32, 2)]:
        assert np.array_equal(logits(graph, weights, x, batch, threads=threads), expected)


POOLED = (
    "conv(6,5) >> relu >> maxpool >> conv(20,3,pad=1) >> bn >> relu >> maxpool(2)"
    " >> conv(32,3,pad=1) >> relu >> maxpool(2)"
)


@pytest.mark.parametrize("latency", [False, True])
@pytest.mark.parametrize("shape", [(43, 38, 1), (36, 49, 8)])
def test_a_pool_fused_into_a_prediction_changes_no_bit(shape, latency):
    graph, weights = make_network(POOLED, shape)
    x = images(5, shape)
    maps = [
        graph.nodes[i].name
        for node in graph.nodes
        if node.layer.kind == "maxpool"
        for i in node.inputs
    ]
    expected = logits(graph, weights, x, keep=maps, latency=latency)
    assert sum(step.pools for step in Plan(graph, weights, Setup(5)).layout.steps) == 3
    for batch, threads in [(5, 1), (1, 1), (1, 2), (2, 3)]:
        answer = logits(graph, weights, x, batch, threads=threads, latency=latency)
        assert answer.tobytes() == expected.tobytes()


def test_a_map_that_is_pooled_takes_no_memory():
    graph, weights = make_network("conv(16,3,pad=1) >> relu >> maxpool(2)", (64, 64, 1))
    fused, single = (Plan(graph, weights, Setup(8), keep=keep) for keep in ((), ("relu1",)))
    assert single.bytes - fused.bytes > 4 * 8 * 64 * 64 * 16 // 2


def steps(threads=1, batch=6, count=3, n=6):
    graph, weights = make_network()
    plan = Plan(graph, weights, Setup(batch, threads, "train"), loss=CrossEntropy(0.1))
    x, labels = images(n), np.arange(n, dtype=np.int32) % 5
    losses = []
    for number in range(count):
        plan.clock.epoch = number
        plan.input[:n] = x
        losses.append(plan.train_step(labels, n))
        weights.learned -= 0.1 * plan.gradient
    return losses, weights.learned.tobytes()


def test_training_is_the_same_bits_for_any_number_of_threads():
    assert steps(threads=1) == steps(threads=2) == steps(threads=3)


def test_a_partial_batch_trains_as_in_a_plan_of_its_size():
    assert steps(batch=9) == steps(batch=6)


def test_a_step_depends_on_nothing_left_in_memory():
    graph, weights = make_network()
    x, labels = images(4), np.zeros(4, np.int32)
    gradients = []
    for rubbish in (0.0, np.nan):
        plan = Plan(graph, weights, Setup(4, mode="train"))
        plan._memory[:] = rubbish
        plan.input[:] = x
        plan.train_step(labels, 4)
        gradients.append(plan.gradient.copy())
    assert np.array_equal(*gradients)


CHAIN = (
    "conv(20,3) >> bn >> relu >> depthwise(3,pad=1) >> bn >> relu >> conv(40,1) >> bn >> relu"
    " >> conv(6,3,2,1,groups=2) >> global_avgpool >> dense(5)"
)


def test_bn_left_to_its_reader_saves_memory_and_changes_no_bit():
    taken = []
    for keep in ((), ("relu1", "relu2", "relu3")):
        graph, weights = make_network(CHAIN)
        plan = Plan(graph, weights, Setup(6, 2, mode="train"), keep=keep)
        plan.input[:] = images(6)
        plan.train_step(np.arange(6, dtype=np.int32) % 5, 6)
        taken.append((plan, plan.gradient.copy(), weights))
    (plan, gradient, weights), (other, wanted, others) = taken
    assert sum(step.deferred for step in plan.layout.steps) == 3
    assert plan.bytes < other.bytes
    assert gradient.tobytes() == wanted.tobytes()
    for name, array in weights.arrays.items():
        assert array.tobytes() == others.arrays[name].tobytes()


def test_training_lowers_the_loss():
    losses, _ = steps(count=30)
    assert losses[-1] < 0.7 * losses[0]


def test_gradients_equal_central_differences_of_the_whole_network():
    text = RESIDUAL.replace("relu", "tanh").replace("maxpool", "avgpool")
    graph, weights = make_network(text.replace(" >> dropout(0.3)", ""))
    x, labels = images(5), np.arange(5, dtype=np.int32)
    plan = Plan(graph, weights, Setup(5, mode="train"))

    def loss():
        plan.input[:] = x
        plan.forward(5)
        return plan.loss(labels, 5)

    plan.input[:] = x
    plan.train_step(labels, 5)
    gradient = plan.gradient.copy()
    direction = np.where(gradient == 0, 0, np.random.default_rng(0).standard_normal(gradient.size))
    kept, ends = weights.learned.copy(), []
    for eps in (1e-3, -1e-3):
        weights.learned[:] = kept + eps * direction
        ends.append(loss())
    assert (ends[0] - ends[1]) / 2e-3 == pytest.approx(float(gradient @ direction), rel=5e-3)


def test_new_weights_are_answered_with_after_a_refresh_and_folded_ones_not_before():
    graph, weights = make_network("conv(40,3,pad=1) >> bn >> relu", (8, 8, 36))
    x = images(2, (8, 8, 36))
    plan = Plan(graph, weights, Setup(2))
    plan.input[:] = x

    def answer():
        plan.forward(2)
        return plan.output.tobytes()

    before = answer()
    for name in ("conv1/weight", "bn1/weight", "bn1/running_var"):
        weights.arrays[name][:] *= 2
    assert answer() == before
    plan.refresh()
    assert answer() == logits(graph, weights, x).tobytes() != before


def test_memory_figures_are_the_plan_to_the_byte():
    graph, weights = make_network()
    for mode in ("predict", "train"):
        plan = Plan(graph, weights, Setup(7, 2, mode))
        assert plan.bytes == count_memory_bytes(graph, Setup(7, 2, mode))


def test_a_warm_step_allocates_nothing():
    graph, weights = make_network()
    plan = Plan(graph, weights, Setup(6, mode="train"))
    x, labels = images(6), np.zeros(6, np.int32)
    for _ in range(2):
        plan.input[:] = x
        plan.train_step(labels, 6)
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(3):
            plan.input[:] = x
            plan.train_step(labels, 6)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000  # small objects of the interpreter; the smallest activation is larger


def test_values_of_kept_layers_are_what_they_answered():
    graph, weights = make_network()
    plan = Plan(graph, weights, Setup(2), keep=("conv1", "relu1", "softmax1"))
    plan.input[:] = images(2)
    plan.forward(2)
    assert (plan.value("conv1") < 0).any()
    assert (plan.value("relu1") >= 0).all()
    assert np.allclose(plan.value("softmax1"), softmax(plan.output), atol=1e-6)


def test_a_network_that_answers_with_an_image_trains_on_a_label_per_pixel():
    graph, weights = make_network("conv(4,3,pad=1) >> relu >> conv(3,1)", (5, 4, 2))
    plan = Plan(graph, weights, Setup(2, mode="train"))
    plan.input[:] = images(2, (5, 4, 2))
    plan.forward(2)
    expected = -np.log(softmax(plan.output.reshape(-1, 3)))[:, 1].mean()
    assert plan.loss(np.ones((2, 5, 4), np.int32), 2) == pytest.approx(float(expected), rel=1e-5)


def test_two_plans_can_run_at_the_same_time_on_the_same_weights():
    from concurrent.futures import ThreadPoolExecutor

    graph, weights = make_network()
    x = images(8)
    expected = logits(graph, weights, x)
    with ThreadPoolExecutor(2) as pool:
        for answer in pool.map(lambda _: logits(graph, weights, x), range(6)):
            assert np.array_equal(answer, expected)


def test_a_network_that_is_nothing_but_its_input_answers_with_it():
    graph, weights = make_network("id", (4,))
    assert np.array_equal(logits(graph, weights, images(3, (4,))), images(3, (4,)))


def test_a_prediction_takes_fewer_images_at_a_time_the_larger_they_are_unless_weights_are_heavy():
    def together(text, size, most=64):
        return choose_batch(build_graph(parse(text), (size, size, 3)), Setup(most))

    assert together("conv(8,3) >> global_avgpool >> dense(5)", 16) == 64
    assert together("conv(8,3) >> global_avgpool >> dense(5)", 16, most=40) == 32
    assert together("conv(32,3) >> global_avgpool >> dense(5)", 100) == 2
    assert together("conv(32,3) >> global_avgpool >> dense(100000)", 100) == 8
    assert together("conv(32,3) >> global_avgpool >> dense(5)", 1000) == 1


def test_two_threads_of_a_prediction_meet_in_the_middle_of_every_place_that_values_share():
    text = (
        "conv(32,3,pad=1) >> conv(8,3,2,1) >> conv(64,1) >> conv(16,1) >> conv(12,1) >> conv(4,1)"
    )
    layout = Layout(build_graph(parse(text), (8, 8, 4)), Setup(8, threads=2))
    values = [layout.buffers[step.output] for step in layout.steps]
    middles = [
        [buffer.offset + buffer.size // 2 for buffer in pair]
        for pair in combinations(values, 2)
        if all(a.offset < b.offset + b.size for a, b in (pair, pair[::-1]))
    ]
    assert len(middles) >= 3
    assert all(first == second for first, second in middles)


@pytest.mark.parametrize(("mode", "batch"), [("predict", 64), ("train", 64), ("train", 16)])
def test_a_plan_beyond_the_memory_is_refused_before_any_is_taken(mode, batch, monkeypatch):
    graph, weights = make_network("conv(64, 3, pad=1) >> tanh >> conv(64, 3)", (64, 64, 1))
    needed = count_memory_bytes(graph, Setup(batch, mode=mode))
    assert needed > SMALL
    monkeypatch.setattr(memory, "measure_available_memory", lambda: needed - 1)
    with pytest.raises(CnncliError) as caught:
        Plan(graph, weights, Setup(batch, mode=mode))
    assert f"at a batch size of {batch}, and there are" in str(caught.value)
    monkeypatch.setattr(memory, "measure_available_memory", lambda: needed)
    Plan(graph, weights, Setup(batch, mode=mode))
