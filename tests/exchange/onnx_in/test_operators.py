"""Single operators, as other tools write them: the layers they become, and the same answers."""

import numpy as np
import pytest
from onnx_files import build, compare, make_file

from cnncli.errors import ArchitectureError
from cnncli.exchange import read_network
from cnncli.exchange.given import Given
from cnncli.exchange.onnx_in.reading import read_file
from cnncli.exchange.proof import gather_inputs, prove

NUMBERS = np.random.default_rng(5)


def draw(*shape):
    return NUMBERS.standard_normal(shape).astype(np.float32)


LAST = {"perm": [0, 3, 1, 2]}
IMAGE = (4, 7, 10)  # channels first
CASES = [
    # operators as (operator, inputs, output, attributes); constants; the text
    ([("Conv", "x w", "y", {"pads": [0, 0, 1, 1], "strides": [2, 2]})], {"w": draw(3, 4, 3, 3)},
     "zeropad(0, 1) >> conv(3, 3, 2, bias=no)"),
    ([("Conv", "x w", "y", {"auto_pad": "SAME_UPPER", "strides": [2, 2]})],
     {"w": draw(3, 4, 3, 2)}, "conv(3, 3x2, 2, 1x0, bias=no)"),
    ([("Conv", "x w", "y", {"auto_pad": "SAME_LOWER"})], {"w": draw(3, 4, 2, 4)},
     "zeropad(1x2, 0x1) >> conv(3, 2x4, bias=no)"),
    ([("Conv", "x w b", "y", {"group": 4})], {"w": draw(4, 1, 3, 3), "b": draw(4)}, "depthwise(3)"),
    ([("Conv", "x w", "y", {"group": 2, "dilations": [2, 1]})], {"w": draw(6, 2, 2, 3)},
     "conv(6, 2x3, dilation=2x1, groups=2, bias=no)"),
    ([("ConvTranspose", "x w", "y", {"strides": [2, 3], "pads": [1, 0, 0, 2]})],
     {"w": draw(4, 5, 3, 3)}, None),
    ([("ConvTranspose", "x w", "y", {"strides": [2, 2], "output_padding": [1, 1]})],
     {"w": draw(4, 5, 3, 3)}, None),
    ([("Pad", "x p", "y")], {"p": np.array([0, 0, 1, 0, 0, 0, 0, 2])}, "zeropad(1x0, 0x2)"),
    ([("Pad", "x p", "a"), ("Softmax", "a", "b", {"axis": 1}), ("Relu", "b", "y")],
     {"p": np.array([0, 0, 1, 0, 0, 0, 0, 2])}, "zeropad(1x0, 0x2) >> softmax >> relu"),
    ([("Pad", "x p", "a"), ("Shape", "a", "b"), ("Reshape", "a b", "y")],
     {"p": np.array([0, 0, 1, 0, 0, 0, 0, 2])}, "zeropad(1x0, 0x2)"),
    ([("MaxPool", "x", "y", {"kernel_shape": [3, 2], "ceil_mode": 1, "strides": [2, 2]})], {},
     "maxpool(3x2, 2)"),
    ([("AveragePool", "x", "y",
       {"kernel_shape": [3, 3], "pads": [1, 0, 0, 1], "count_include_pad": 1})], {},
     "zeropad(1x0, 0x1) >> avgpool(3, 1)"),
    ([("AveragePool", "x", "y", {"kernel_shape": [9, 11], "pads": [1, 0, 1, 1]})], {},
     "global_avgpool >> flatten"),
    ([("AveragePool", "x", "y", {"kernel_shape": [2, 3], "strides": [2, 3]})], {}, "avgpool(2x3)"),
    ([("AveragePool", "x", "y", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]})], {},
     "avgpool(3, 1, 1, include_pad=no)"),
    ([("AveragePool", "x", "y", {"kernel_shape": [2, 3], "auto_pad": "SAME_LOWER"})], {},
     "avgpool(2x3, 1, 1, include_pad=no) >> crop(0, 1x0)"),
    ([("MaxPool", "x", "y", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 0, 0]})],
     {}, "maxpool(3, 2, 1) >> crop(0, 1x0)"),
    ([("Slice", "x from_ to axes", "y")],
     {"from_": np.array([1, -3]), "to": np.array([6, 99]), "axes": np.array([2, -1])},
     "crop(1x7, 1x0)"),
    ([("Slice", "x from_ to", "y")],
     {"from_": np.array([0, 1, 0, 2]), "to": np.array([9, 3, 9, 8])},
     "take(2, 1) >> crop(0x2, 0x2)"),
    ([("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("Slice", "a from_ to axes", "b"),
      ("Transpose", "b", "y", LAST)],
     {"from_": np.array([2, 1]), "to": np.array([7, 4]), "axes": np.array([1, 3])},
     "take(3, 1) >> crop(2x0, 0)"),
    ([("Pad", "x p", "a"), ("MaxPool", "a", "y", {"kernel_shape": [2, 2]})],
     {"p": np.array([0, 0, -1, 0, 0, 0, 1, -2])},
     "crop(1x0, 0x2) >> zeropad(0, 1x0) >> maxpool(stride=1)"),
    ([("AveragePool", "x", "y", {"kernel_shape": [2, 3], "auto_pad": "SAME_UPPER"})], {},
     "avgpool(2x3, 1, same, include_pad=no)"),
    ([("AveragePool", "x", "y",
       {"kernel_shape": [3, 3], "strides": [2, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1})], {},
     "avgpool(3, 2x3, 1, include_pad=no)"),
    ([("Pad", "x p", "a", {"mode": "reflect"}), ("Conv", "a w", "y")],
     {"p": np.array([0, 0, 1, 2, 0, 0, 1, 2]), "w": draw(3, 4, 3, 3)},
     "conv(3, 3, pad=1x2, fill=reflect, bias=no)"),
    ([("Pad", "x p", "a"), ("MaxPool", "a", "y", {"kernel_shape": [3, 3]})],
     {"p": np.array([0, 0, 1, 0, 0, 0, 0, 2])}, "zeropad(1x0, 0x2) >> maxpool(3, 1)"),
    ([("Flatten", "x", "a"), ("Gemm", "a w b", "y", {"alpha": 0.5, "beta": 2.0})],
     {"w": draw(280, 6), "b": draw(1, 6)}, "dense(6)"),
    ([("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("Reshape", "a s", "b"),
      ("MatMul", "b w", "c"), ("Add", "c b2", "y")],
     {"s": np.array([0, -1]), "w": draw(280, 6), "b2": draw(6)}, "dense(6)"),
    ([("DepthToSpace", "x", "y", {"blocksize": 2})], {}, "deconv(1, 2, 2, bias=no)"),
    ([("Conv", "x w", "a"), ("DepthToSpace", "a", "y", {"blocksize": 2, "mode": "CRD"})],
     {"w": draw(12, 4, 1, 1)}, "conv(12, 1, bias=no) >> deconv(3, 2, 2, bias=no)"),
    ([("Reshape", "x s", "a"), ("Transpose", "a", "b", {"perm": [0, 1, 4, 2, 5, 3]}),
      ("Reshape", "b t", "y")],
     {"s": np.array([0, 1, 2, 2, 7, 10]), "t": np.array([0, 1, 14, 20])},
     "deconv(1, 2, 2, bias=no)"),
    ([("MaxPool", "x", "a", {"kernel_shape": [2, 1]}),
      ("SpaceToDepth", "a", "y", {"blocksize": 2})], {},
     "maxpool(2x1, 1) >> conv(16, 2, 2, bias=no)"),
    ([("PRelu", "x s", "y")], {"s": draw(4, 1, 1)}, "prelu"),
    ([("PRelu", "x s", "y")], {"s": np.float32([0.25])}, "leaky_relu(0.25)"),
    ([("HardSigmoid", "x", "y")], {}, "bn >> clip"),
    ([("Clip", "x low high", "y")], {"low": np.float32(-0.5), "high": np.float32(0.75)},
     "clip(-0.5, 0.75)"),
    ([("Clip", "x low", "y")], {"low": np.float32(0.25)}, "bn >> relu >> bn"),
    ([("Elu", "x", "y", {"alpha": 2.0})], {}, "(relu >> bn) + (elu >> bn)"),
    ([("Selu", "x", "y")], {}, "(relu >> bn) + (elu >> bn)"),
    ([("Celu", "x", "y", {"alpha": 0.5})], {}, "bn >> elu >> bn"),
    ([("Abs", "x", "y")], {}, "relu + (bn >> relu)"),
    ([("Max", "x zero", "y")], {"zero": np.float32(0)}, "relu"),
    ([("Sigmoid", "x", "a"), ("Max", "x a", "y")], {}, None),
    ([("Sigmoid", "x", "a"), ("Tanh", "x", "b"), ("Min", "a x b", "y")], {}, None),
    ([("Tanh", "x", "a"), ("Sub", "a x", "y")], {}, "tanh + bn"),
    ([("Tanh", "x", "a"), ("Mean", "a x", "y")], {}, "tanh + id >> bn"),
    ([("Pad", "x p v", "a"), ("Conv", "a w", "y")],
     {"p": np.array([0, 0, 1, 0, 0, 0, 2, 1]), "v": np.float32(-1.5), "w": draw(3, 4, 3, 3)},
     "bn >> zeropad(1x0, 2x1) >> bn >> conv(3, 3, bias=no)"),
    ([("ReduceSum", "x axes", "a", {"keepdims": 0}), ("Gemm", "a w", "y")],
     {"axes": np.array([-1, 2]), "w": draw(4, 6)}, "global_avgpool >> bn >> dense(6)"),
    ([("ReduceMean", "x", "y", {"axes": [1]})], {}, "conv(1, 1, bias=no)"),
    ([("ReduceMean", "x", "y", {"axes": [3]})], {}, "avgpool(1x10)"),
    ([("ReduceMax", "x", "y", {"axes": [2]})], {}, "maxpool(7x1)"),
    ([("LRN", "x", "y", {"size": 3, "alpha": 0.5})], {}, "lrn(3, 0.5)"),
    ([("InstanceNormalization", "x w b", "y")], {"w": draw(4), "b": draw(4)}, "instance_norm"),
    ([("Reshape", "x g", "a"), ("InstanceNormalization", "a one zero", "b"),
      ("Reshape", "b s", "y")],
     {"g": np.array([0, 2, -1]), "s": np.array([0, 4, 7, 10]), "one": np.ones(2, np.float32),
      "zero": np.zeros(2, np.float32)}, "group_norm(2)"),
    ([("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("LayerNormalization", "a w b", "c"),
      ("Transpose", "c", "y", LAST)], {"w": draw(4), "b": draw(4)}, "layer_norm"),
    ([("Mul", "x s", "a"), ("Sub", "a t", "y")], {"s": draw(4, 1, 1), "t": draw(1, 4, 1, 1)}, "bn"),
    ([("GlobalAveragePool", "x", "a"), ("Sigmoid", "a", "b"), ("Mul", "x b", "y")], {},
     "id * (global_avgpool >> sigmoid)"),
    ([("ReduceMean", "x", "a", {"axes": [2, 3], "keepdims": 0}), ("Gemm", "a w", "y")],
     {"w": draw(4, 6)}, "global_avgpool >> dense(6)"),
    ([("Slice", "x from_ to axes", "a"), ("Slice", "x zero from_ axes", "b"),
      ("Concat", "a b", "y", {"axis": 1})],
     {"from_": np.array([1]), "to": np.array([9]), "axes": np.array([1]), "zero": np.array([0])},
     "take(3, 1) | take(1)"),
    ([("Reshape", "x g", "a"), ("Transpose", "a", "b", {"perm": [0, 2, 1, 3, 4]}),
      ("Reshape", "b s", "y")],
     {"g": np.array([0, 2, 2, 7, 10]), "s": np.array([0, -1, 7, 10])}, "shuffle(2)"),
    ([("Reshape", "x g", "a"), ("Transpose", "a", "b", {"perm": [0, 2, 1, 3]}),
      ("Reshape", "b s", "c"), ("Split", "c", "d e", {"axis": 1}), ("Mul", "d e", "y")],
     {"g": np.array([-1, 2, 2, 70]), "s": np.array([-1, 4, 7, 10])},
     "shuffle(2) >> take(2) * take(2, 2)"),
    ([("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("Reshape", "a g", "b"),
      ("Transpose", "b", "c", {"perm": [0, 1, 2, 4, 3]}), ("Reshape", "c s", "d"),
      ("Transpose", "d", "y", LAST)],
     {"g": np.array([0, 7, 10, 2, 2]), "s": np.array([0, 7, 10, 4])}, "shuffle(2)"),
    ([("Split", "x", "a b", {"axis": 1}), ("Mul", "a b", "y")], {}, "take(2) * take(2, 2)"),
    ([("Resize", "x none f", "y", {"mode": "nearest"})],
     {"none": np.float32([]), "f": np.float32([1, 1, 2, 3])}, "upsample(2x3)"),
    ([("Gather", "x rows", "a", {"axis": 2}), ("Gather", "a columns", "y", {"axis": 3})],
     {"rows": np.array([0, 3, -1]), "columns": np.array([0, 3, 6])},
     "resize(3x10, nearest, corners) >> resize(3, nearest, starts)"),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "constants", "text"), CASES)
def test_an_operator_answers_as_in_onnx_runtime(tmp_path, nodes, constants, text):
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", **constants)
    model = build(read_file(path))
    assert text in (None, model.graph.text)
    assert compare(path, model) < 1e-5


def test_pixels_in_a_row_get_a_class_each(tmp_path):
    nodes = [
        ("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}),
        ("Reshape", "a s", "b"),
        ("MatMul", "b w", "c"),
        ("LayerNormalization", "c u v", "d"),
        ("Softmax", "d", "y", {"axis": -1}),
    ]
    constants = {"s": np.array([0, 70, 4]), "w": draw(4, 6), "u": draw(6), "v": draw(6)}
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", **constants)
    imported = read_network(path, Given())
    assert imported.model.arch == "conv(6, 1, bias=no) >> layer_norm >> softmax"
    assert imported.model.task["name"] == "segment"
    inputs = gather_inputs(imported.model, 2)
    assert prove(imported.model, imported.open_rival(), inputs, path=path).max_rel < 1e-5


def test_logarithms_of_a_softmax_are_read_at_the_end_alone(tmp_path):
    nodes = [("Flatten", "x", "a"), ("Gemm", "a w", "b"), ("LogSoftmax", "b", "y", {"axis": -1})]
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", w=draw(280, 3))
    imported = read_network(path, Given())
    assert imported.model.arch == "dense(3) >> softmax"
    inputs = gather_inputs(imported.model, 4)
    assert prove(imported.model, imported.open_rival(), inputs, path=path).max_rel < 1e-6
    path = make_file(
        tmp_path / "net.onnx", [*nodes, ("Relu", "y", "z")], IMAGE, "z", w=draw(280, 3)
    )
    with pytest.raises(ArchitectureError) as caught:
        read_network(path, Given())
    assert caught.value.details == (
        "LogSoftmax y: no layer takes logarithms, other than at the end of a network",
    )
