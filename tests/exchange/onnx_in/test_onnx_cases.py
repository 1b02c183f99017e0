"""The cases of single operators that the onnx package itself tests by: answered, or refused."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from onnx_files import answer

from cnncli.errors import CnncliError
from cnncli.exchange.onnx_in import build_network
from cnncli.exchange.onnx_in.reading import read_file
from cnncli.model_file import Model

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
pytestmark = pytest.mark.filterwarnings("ignore")

OPERATORS = {
    "Abs", "Add", "AveragePool", "BatchNormalization", "Celu", "Clip", "Concat", "Conv",
    "ConvTranspose", "DepthToSpace", "Div", "Dropout", "Elu", "Flatten", "Gelu", "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool", "GroupNormalization", "HardSigmoid", "HardSwish", "Identity",
    "InstanceNormalization", "LRN", "LayerNormalization", "LeakyRelu", "LogSoftmax", "LpPool",
    "MatMul", "Max", "MaxPool", "Mean", "Min", "Mul", "Neg", "PRelu", "Pad", "ReduceMax",
    "ReduceMean", "ReduceSum", "Relu", "Reshape", "Resize", "Selu", "Sigmoid", "Slice", "Softmax",
    "Softplus", "Softsign", "SpaceToDepth", "Split", "Squeeze", "Sub", "Sum", "Swish", "Tanh",
    "ThresholdedRelu",
    "Transpose", "Unsqueeze", "Upsample",
}  # fmt: skip
CONVERTED = Path(onnx.__file__).parent / "backend/test/data/pytorch-converted"
JOINING = {"Add", "Concat", "Div", "Max", "Mean", "Min", "Mul", "Sub", "Sum"}
ELEMENTWISE = {
    "Abs", "Clip", "Div", "Dropout", "Elu", "Gelu", "HardSigmoid", "Identity", "LeakyRelu", "Neg",
    "Selu", "Sigmoid", "Softplus", "Softsign", "Swish", "Tanh", "ThresholdedRelu",
}  # fmt: skip

REFUSED = {  # node cases by the reason why no network can hold them
    "antialias=1 is not read":
    "resize_downsample_scales_cubic_antialias resize_downsample_scales_linear_antialias "
    "resize_downsample_sizes_cubic_antialias resize_downsample_sizes_linear_antialias",
    "cubic_coeff_a=-0.5 is not read":
    "resize_downsample_scales_cubic_A_n0p5_exclude_outside "
    "resize_upsample_scales_cubic_A_n0p5_exclude_outside",
    "input_shape is missing: the file is for 4x?; convert it with a size":
    "reduce_max_empty_set reduce_sum_empty_set reduce_sum_empty_set_non_reduced_axis_zero",
    "it approximates the function by tanh; the exact form is read":
    "gelu_tanh_1 gelu_tanh_2",
    "it brings several samples together":
    "reduce_max_default_axes_keepdim_example reduce_max_default_axes_keepdims_random "
    "reduce_mean_default_axes_keepdims_example reduce_mean_default_axes_keepdims_random "
    "reduce_sum_default_axes_keepdims_example reduce_sum_default_axes_keepdims_random",
    "it brings values of several samples together":
    "reshape_negative_extended_dims reshape_one_dim reshape_reordered_all_dims",
    "it changes the axis of the samples":
    "squeeze unsqueeze_axis_0",
    "it drops values at random (training_mode=1)":
    "training_dropout training_dropout_default",
    "it flattens more or less than each sample":
    "flatten_axis0 flatten_axis2 flatten_axis3 flatten_negative_axis1 flatten_negative_axis2 "
    "flatten_negative_axis4",
    "it is along another axis than the channels":
    "concat_2d_axis_0 concat_2d_axis_negative_2 concat_3d_axis_0 concat_3d_axis_2 "
    "concat_3d_axis_negative_1 concat_3d_axis_negative_3 logsoftmax_axis_0 logsoftmax_axis_2 "
    "logsoftmax_default_axis logsoftmax_negative_axis softmax_axis_0 softmax_axis_2 "
    "softmax_default_axis softmax_negative_axis",
    "it leaves samples out":
    "slice slice_neg_steps",
    "it is no product with a matrix of weights":
    "matmul_3d matmul_4d matmul_4d_1d matmul_bcast",
    "it moves the axis of the samples":
    "transpose_all_permutations_2 transpose_all_permutations_3 transpose_all_permutations_4 "
    "transpose_all_permutations_5 transpose_default",
    "it takes nothing":
    "slice_start_out_of_bounds",
    "it turns its input, so that samples become columns (transA=1)":
    "gemm_all_attributes gemm_transposeA",
    "its bias differs between samples":
    "gemm_default_matrix_bias",
    "its bounds, 2 and 1, leave a constant":
    "clip_min_greater_than_max",
    "its constant differs between places of a channel":
    "add_bcast div_bcast mul_bcast prelu_broadcast sub_bcast",
    "its constant does not fit its input":
    "prelu_example",
    "its input has 0 axes beside the samples; images and signals are read":
    "concat_1d_axis_0 concat_1d_axis_negative_1 matmul_1d_1d matmul_1d_3d",
    "its input has 4 axes beside the samples; images and signals are read":
    "averagepool_3d_default "
    "averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False "
    "averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True "
    "averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False "
    "averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True "
    "averagepool_3d_dilations_small convtranspose_3d lppool_3d_default maxpool_3d_default "
    "maxpool_3d_dilations maxpool_3d_dilations_use_ref_impl "
    "maxpool_3d_dilations_use_ref_impl_large",
    "its output y: its input has 4 axes beside the samples":
    "unsqueeze_negative_axes unsqueeze_two_axes",
    "its output y: its input has 5 axes beside the samples":
    "unsqueeze_three_axes unsqueeze_unsorted_axes",
    "its scale makes 1.2 pixels of 2, not a whole number":
    "resize_downsample_scales_linear resize_downsample_scales_linear_align_corners",
    "its scale makes 2.4 pixels of 4, not a whole number":
    "resize_downsample_scales_linear_half_pixel_symmetric",
    "its scale makes 3.2 pixels of 4, not a whole number":
    "resize_downsample_scales_cubic resize_downsample_scales_cubic_align_corners",
    "its scale makes 4.6 pixels of 2, not a whole number":
    "resize_upsample_scales_linear_half_pixel_symmetric",
    "its shape is not one of its input":
    "reshape_allowzero_reordered",
    "its windows have gaps (dilations)":
    "averagepool_2d_dilations lppool_2d_dilations maxpool_2d_dilations",
    "no layer divides by a value of the network":
    "div div_example",
    "no layer does this":
    "softplus softplus_example softsign softsign_example thresholdedrelu "
    "thresholdedrelu_default thresholdedrelu_example",
    "no layer takes the largest of all channels":
    "reduce_max_do_not_keepdims_example reduce_max_do_not_keepdims_random "
    "reduce_max_keepdims_example reduce_max_keepdims_random "
    "reduce_max_negative_axes_keepdims_example reduce_max_negative_axes_keepdims_random",
    "no layer takes the pixels that align_corners with floor takes":
    "resize_upsample_sizes_nearest_floor_align_corners",
    "no layer takes the pixels that asymmetric with round_prefer_ceil takes":
    "resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric",
    "no layer takes the pixels that half_pixel with ceil takes":
    "resize_upsample_sizes_nearest_ceil_half_pixel",
    "p=3 is not read; 2 is":
    "lppool_1d_default lppool_2d_pads",
    "p=4 is not read; 2 is":
    "lppool_2d_default lppool_2d_same_lower",
    "tf_crop_and_resize is not read":
    "resize_tf_crop_and_resize resize_tf_crop_and_resize_axes_2_3 "
    "resize_tf_crop_and_resize_axes_3_2 resize_tf_crop_and_resize_extrapolation_value",
}  # fmt: skip

REFUSED_CONVERTED = {
    "it is along another axis than the channels":
    "log_softmax_dim3 softmax_functional_dim3",
    "its input 2 is computed, where a constant is needed":
    "Embedding Embedding_sparse",
    "its input has 4 axes beside the samples; images and signals are read":
    "AvgPool3d AvgPool3d_stride AvgPool3d_stride1_pad0_gpu_input BatchNorm3d_eval "
    "BatchNorm3d_momentum_eval Conv3d Conv3d_dilated Conv3d_dilated_strided Conv3d_groups "
    "Conv3d_no_bias Conv3d_stride Conv3d_stride_padding MaxPool3d MaxPool3d_stride "
    "MaxPool3d_stride_padding PReLU_3d PReLU_3d_multiparam",
    "its output 1: its padding repeats pixels, which only convolutions do, alike on both sides":
    "ReflectionPad2d ReplicationPad2d",
    "its windows have gaps (dilations)":
    "MaxPool1d_stride_padding_dilation MaxPool2d_stride_padding_dilation",
    "no layer divides by a value of the network":
    "Softsign",
    "no layer does this":
    "PoissonNLLLLoss_no_reduce Softplus",
}  # fmt: skip


def fits(case):
    """Say whether a case is one node of these, on float32 values, with a single answer."""
    model = case.model
    if model is None or len(model.graph.node) != 1 or len(model.graph.output) != 1:
        return False
    node = model.graph.node[0]
    kind = model.graph.input[0].type.tensor_type.elem_type if model.graph.input else 0
    return node.op_type in OPERATORS and not node.domain and kind == onnx.TensorProto.FLOAT


def write_case(model, arrays, path):
    """Write a case as a file with a single input; return the samples it is to answer.

    Inputs of one shape that are joined are parts of it, along the axis behind the samples. Others
    but the first become constants. A vector that is changed value by value is a single sample.
    """
    written = onnx.ModelProto()
    written.CopyFrom(model)
    graph, (node,) = written.graph, model.graph.node
    first, *others = (np.asarray(array) for array in arrays)
    names = [value.name for value in graph.input]
    alone = first.ndim == 1 and node.op_type in ELEMENTWISE | (JOINING - {"Concat"})
    joined = node.op_type in JOINING and others and {x.shape for x in others} == {first.shape}
    if alone:
        first, *others = (x[None] if x.shape == first.shape else x for x in (first, *others))
    if joined and first.ndim > 1:
        width = len(names) * first.shape[1]
        samples = np.concatenate([first, *others], axis=1)
        split = onnx.helper.make_node("Split", ["together"], names, axis=1, num_outputs=len(names))
        if written.opset_import[0].version < 18:
            del split.attribute[1]
        graph.node.insert(0, split)
        names, others = ["together", *names[1:]], []
        sizes = (len(first), width, *first.shape[2:])
    else:
        samples, sizes = first, first.shape
    for name, array in zip(names[1:], others, strict=bool(others)):
        graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    del graph.input[:]
    kind = onnx.TensorProto.FLOAT
    graph.input.append(onnx.helper.make_tensor_value_info(names[0], kind, sizes))
    for wanted in written.opset_import:
        wanted.version = min(wanted.version, 26)
    path.write_bytes(written.SerializeToString())
    return samples


def answer_case(case, path):
    """Return our answer in the order of the expected one, and that; raise where it is refused."""
    inputs, outputs = case.data_sets[0]
    x, expected = write_case(case.model, inputs, path), np.asarray(outputs[0])
    return answer_file(path, x), expected


def answer_file(path, x):
    """Return our answer in ONNX's order; raise where a file is refused."""
    source = read_file(str(path))
    built = build_network(source, None)
    graph = built.graph
    names = [str(number) for number in range(graph.classes)]
    model = Model(graph.text, graph.input_shape, {}, names, built.weights)
    last = np.moveaxis(x, 1, -1)
    samples = last if last.shape[1:] == model.input_shape else x
    ours = np.moveaxis(answer(model, np.ascontiguousarray(samples)), -1, 1)
    if graph.nodes and graph.nodes[-1].layer.kind == "softmax":
        exponentials = np.exp(ours - ours.max(axis=1, keepdims=True))
        ours = exponentials / exponentials.sum(axis=1, keepdims=True)
        if source.operations[-1].operator == "LogSoftmax":
            with np.errstate(divide="ignore"):
                ours = np.log(ours)
    return ours


def sort_answers(cases):
    """Return the names of cases answered right and wrong, and reasons with those of the refused.

    A case is a name and a function that returns our answer and the expected one.
    """
    right, wrong, refused = [], [], []
    for name, compute in cases:
        try:
            ours, expected = compute()
        except CnncliError as error:
            reason = error.details[0].split(": ", 1)[1] if error.details else str(error)
            refused.append((reason, name.removeprefix("test_")))
            continue
        same = ours.size == expected.size and np.allclose(
            ours.reshape(-1), expected.reshape(-1), rtol=1e-3, atol=1e-5
        )
        (right if same else wrong).append(name.removeprefix("test_"))
    return right, wrong, refused


def list_node_cases(path):
    from onnx.backend.test.case.node import collect_testcases

    for case in filter(fits, collect_testcases(None)):
        yield case.name, partial(answer_case, case, path)


def list_converted_cases():
    """Yield the networks that PyTorch wrote in 2017, most of them of opset 6, with real data."""
    for folder in sorted(CONVERTED.iterdir()):
        x, expected = (
            onnx.numpy_helper.to_array(onnx.load_tensor(folder / "test_data_set_0" / name))
            for name in ("input_0.pb", "output_0.pb")
        )
        yield folder.name, partial(compare_converted, folder / "model.onnx", x, expected)


def compare_converted(path, x, expected):
    return answer_file(path, x), expected


def check_refused(refused, table):
    known = {(reason, name) for reason, names in table.items() for name in names.split()}
    assert not {*refused} - known


def test_a_case_is_answered_right_or_refused_with_a_reason(tmp_path):
    right, wrong, refused = sort_answers(list_node_cases(tmp_path / "case.onnx"))
    assert not wrong
    check_refused(refused, REFUSED)
    assert len(right) >= 195


def test_a_converted_network_is_answered_right_or_refused_with_a_reason():
    right, wrong, refused = sort_answers(list_converted_cases())
    assert not wrong
    check_refused(refused, REFUSED_CONVERTED)
    assert len(right) >= 54
