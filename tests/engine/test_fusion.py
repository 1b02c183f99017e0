import pytest

from cnncli.engine.fusion import fuse
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse


def steps_of(text, mode, keep=(), shape=(8, 8, 3)):
    graph = build_graph(parse(text), shape)
    return fuse(graph, Setup(batch=2, mode=mode), keep)


def names(text, mode, keep=(), shape=(8, 8, 3)):
    steps, output = steps_of(text, mode, keep, shape)
    return ["+".join(step.names) for step in steps], output


def test_a_prediction_folds_bn_and_relu_into_the_convolution():
    text = "conv(4,3) >> bn >> relu >> depthwise(3) >> bn >> dense(3) >> bn"
    assert names(text, "predict")[0] == ["conv1+bn1+relu1", "depthwise1+bn2", "dense1+bn3"]


def test_a_prediction_runs_relu6_and_hard_swish_behind_a_convolution_but_training_does_not():
    text = "conv(4,3) >> relu6 >> depthwise(3) >> hard_swish"
    assert names(text, "predict")[0] == ["conv1+relu61", "depthwise1+hard_swish1"]
    assert names(text, "train")[0] == ["conv1", "relu61", "depthwise1", "hard_swish1"]


def test_training_fuses_relu_but_keeps_bn():
    assert names("conv(4,3) >> bn >> relu >> conv(4,1) >> relu", "train")[0] == [
        "conv1",
        "bn1+relu1",
        "conv2+relu2",
    ]


def test_nothing_is_fused_across_a_value_that_another_branch_reads():
    steps, _ = names("conv(4,3) >> (relu | id)", "predict")
    assert steps == ["conv1", "relu1", "stack1"]


def test_nothing_is_fused_across_a_value_to_keep():
    assert names("conv(4,3) >> relu", "predict", keep=("conv1",))[0] == ["conv1", "relu1"]


def test_the_last_softmax_is_left_to_the_loss():
    assert names("dense(4) >> softmax", "train") == (["dense1"], "dense1")
    assert names("dense(4) >> softmax >> dense(2)", "train")[0] == ["dense1", "softmax1", "dense2"]


def test_dropout_is_left_out_of_a_prediction():
    assert names("dense(4) >> dropout(0.5) >> relu >> dropout(0.5)", "predict") == (
        ["dense1+relu1"],
        "relu1",
    )


def test_the_logits_themselves_are_never_hidden_in_a_fusion():
    assert names("dense(4) >> relu", "predict")[1] == "relu1"
    assert names("dense(4) >> (id + relu)", "predict")[0] == ["dense1", "relu1", "add1"]


def test_bn_adds_a_shortcut_and_runs_the_relu_behind_it():
    assert names("(conv(3,3,pad=1) >> bn) + id >> relu", "train")[0] == ["conv1", "bn1+add1+relu1"]
    two = "(conv(4,1) >> bn) + (conv(4,1) >> bn) >> relu"
    assert names(two, "train")[0] == ["conv1", "bn1", "conv2", "bn2+add1+relu1"]


def test_a_relu_within_a_branch_runs_before_the_sum():
    text = "conv(4,3) >> ((conv(4,1) >> relu) + (conv(4,1) >> relu))"
    assert names(text, "predict")[0] == ["conv1", "conv2+relu1", "conv3+relu2", "add1"]


def test_a_sum_of_a_sum_is_a_step_of_its_own():
    text = "conv(4,3) >> ((conv(4,1) + id) >> dropout(0.5)) + id"
    assert names(text, "predict")[0] == ["conv1", "conv2+add1", "add2"]


def test_a_branch_that_others_read_is_added_by_a_step_of_its_own():
    assert names("bn >> (id + relu)", "train")[0] == ["bn1", "relu1", "add1"]
    assert names("bn + bn + bn", "train")[0] == ["bn1", "bn2", "bn3", "add1"]
    assert names("bn >> (id + id)", "train")[0] == ["bn1", "add1"]


def test_a_prediction_takes_the_largest_of_2x2_pixels_as_the_convolution_writes_them():
    text = "conv(4,3) >> bn >> relu >> maxpool(2) >> conv(4,2) >> maxpool"
    steps, _ = steps_of(text, "predict")
    assert ["+".join(step.names) for step in steps] == [
        "conv1+bn1+relu1+maxpool1",
        "conv2+maxpool2",
    ]
    assert [step.output_shape for step in steps] == [(3, 3, 4), (1, 1, 4)]
    assert all(step.pools for step in steps)


def test_training_pools_by_a_step_of_its_own():
    assert names("conv(4,3) >> relu >> maxpool(2)", "train")[0] == ["conv1+relu1", "maxpool1"]


@pytest.mark.parametrize(
    ("text", "keep", "shape"),
    [
        ("conv(4,3) >> relu >> maxpool(2)", ("relu1",), (8, 8, 3)),
        ("conv(4,3) >> relu >> (id | upsample(2) >> maxpool(2)) >> maxpool(2)", (), (8, 8, 3)),
        ("conv(4,3,pad=1) + id >> relu >> maxpool(2)", (), (8, 8, 4)),
        ("conv(4,3) >> relu >> maxpool(3,2)", (), (8, 8, 3)),
        ("conv(4,3) >> relu >> maxpool(2,1)", (), (8, 8, 3)),
        ("conv(4,3) >> relu >> maxpool(2x1)", (), (8, 8, 3)),
        ("conv(4,3) >> relu >> maxpool(2,pad=1)", (), (8, 8, 3)),
        ("conv(4,3) >> relu >> maxpool(2,ceil=yes)", (), (9, 9, 3)),
        ("conv(4,3) >> relu >> maxpool(2,pad=same)", (), (9, 9, 3)),
        ("conv(4,3) >> relu >> avgpool(2)", (), (8, 8, 3)),
        ("conv(4,3) >> relu >> maxpool(2)", (), (8, 3)),
        ("conv(4,1) >> relu >> maxpool(2)", (), (8, 8, 3)),
        ("depthwise(3) >> relu >> maxpool(2)", (), (8, 8, 3)),
        ("maxpool(2) >> maxpool(2)", (), (8, 8, 3)),
    ],
)
def test_a_pool_is_left_alone_where_a_map_is_needed_or_its_windows_are_others(text, keep, shape):
    steps, _ = steps_of(text, "predict", keep, shape)
    assert not any(step.pools for step in steps)


def test_a_map_is_pooled_once():
    steps, _ = names("conv(4,3,pad=1) >> maxpool(2) >> maxpool(2)", "predict")
    assert steps == ["conv1+maxpool1", "maxpool2"]


def deferred(text, keep=()):
    """Return which bn steps of a training leave their work to which others."""
    steps, _ = steps_of(text, "train", keep)
    pairs = [(step.normalizes, "+".join(step.names)) for step in steps if step.normalizes]
    assert [first for first, _ in pairs] == [step.output for step in steps if step.deferred]
    return pairs


def test_bn_and_relu_are_left_to_the_layer_that_reads_them():
    text = "conv(4,1) >> bn >> relu >> conv(4,1) >> bn >> relu >> depthwise(3) >> bn >> relu"
    assert deferred(text) == [("relu1", "conv2"), ("relu2", "depthwise1")]


def test_bn_is_not_left_to_a_layer_that_cannot_do_it_or_to_several():
    assert deferred("bn >> relu >> maxpool(2)") == []
    assert deferred("bn >> conv(4,1)") == []
    assert deferred("bn >> relu >> (conv(4,1) | conv(4,1))") == []
    assert deferred("bn >> relu >> conv(4,1)", keep=("relu1",)) == []
    assert deferred("(bn + id) >> relu >> conv(4,1)") == []
    assert deferred("conv(64,1) >> bn >> relu >> conv(64,3,pad=1)") == []  # by Winograd
