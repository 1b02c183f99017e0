import json
from dataclasses import replace

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed; .ci/run installs it")
from golden.record import HERE  # noqa: E402
from onnx_networks import make_model, run_onnx  # noqa: E402

from cnncli.errors import ArchitectureError, UsageError  # noqa: E402
from cnncli.exchange.onnx_out import build_onnx  # noqa: E402
from cnncli.exchange.onnx_out.graph import FORMS  # noqa: E402
from cnncli.exchange.proof import Inputs, compute_logits, gather_inputs  # noqa: E402
from cnncli.model_file import digest_model, load_model, restore_model  # noqa: E402
from cnncli.tasks import read_task  # noqa: E402

TEXT = (
    "conv(6, 3, pad=1, bias=no) >> bn >> relu >> maxpool(3, 2, 1, ceil=yes) >> avgpool(2, ceil=yes)"
    " >> (conv(4, 1) >> dropout | id) >> dense(7)"
)
SHAPE = (9, 13, 3)


def list_operators(file):
    return [node.op_type for node in file.content.graph.node]


def read_metadata(file):
    return {entry.key: entry.value for entry in onnx.load_from_string(file.encode()).metadata_props}


def test_a_file_is_of_opset_17_and_ir_8_and_sound():
    content = onnx.load_from_string(build_onnx(make_model(TEXT, SHAPE)).encode())
    assert (content.opset_import[0].version, content.ir_version) == (17, 8)
    onnx.checker.check_model(content, full_check=True)


@pytest.mark.parametrize(("opset", "ir"), [(13, 7), (22, 10)])
def test_another_opset_is_written_where_it_is_asked_for(opset, ir):
    content = build_onnx(make_model(TEXT, SHAPE), opset=opset).content
    assert (content.opset_import[0].version, content.ir_version) == (opset, ir)
    onnx.checker.check_model(content, full_check=True)


@pytest.mark.parametrize("opset", [12, 23])
def test_an_opset_that_is_not_written_is_refused(opset):
    with pytest.raises(UsageError, match="use one from 13 to 22"):
        build_onnx(make_model(TEXT, SHAPE), opset=opset)


def test_bn_is_folded_into_the_filters_before_it():
    assert "BatchNormalization" not in list_operators(build_onnx(make_model(TEXT, SHAPE)))


def test_bn_that_is_not_folded_keeps_every_bit_of_every_weight():
    model = make_model(TEXT, SHAPE)
    file = build_onnx(model, fold=False)
    assert "BatchNormalization" in list_operators(file)
    constants = {
        constant.name: onnx.numpy_helper.to_array(constant)
        for constant in file.content.graph.initializer
    }
    for name, array in model.weights.items():
        assert constants[name].tobytes() == array.tobytes()


def test_padding_is_spelled_out():
    model = make_model(TEXT.replace("pad=1", "pad=same"), SHAPE)
    for node in build_onnx(model).content.graph.node:
        assert not {"auto_pad", "ceil_mode"} & {attribute.name for attribute in node.attribute}


def test_equal_models_make_equal_files():
    assert (
        build_onnx(make_model(TEXT, SHAPE)).encode() == build_onnx(make_model(TEXT, SHAPE)).encode()
    )


def test_metadata_say_all_that_a_model_file_does():
    model = make_model(TEXT, SHAPE, training={"seed": 3})
    metadata = read_metadata(build_onnx(model, fold=False))
    restored = restore_model(metadata["cnncli"], model.weights)
    assert digest_model(restored) == digest_model(model)
    assert metadata["cnncli.embedded"] == "false"


def test_class_names_of_any_script_come_back_as_they_were():
    model = make_model("dense(2)", SHAPE)
    model.classes = ['größe "{0}" 👩‍🔬', "../../etc/passwd"]
    metadata = read_metadata(build_onnx(model))
    assert json.loads(metadata["cnncli"])["classes"] == model.classes


def test_layers_that_onnx_has_no_form_of_are_named_all_at_once(monkeypatch):
    for kind in ("maxpool", "avgpool"):
        monkeypatch.delitem(FORMS._entries, kind)
    with pytest.raises(ArchitectureError, match="ONNX has no form of avgpool, maxpool; use other"):
        build_onnx(make_model(TEXT, SHAPE))


def test_a_softmax_at_the_end_makes_the_output_probabilities():
    model = make_model(TEXT + " >> softmax", SHAPE)
    file = build_onnx(model)
    inputs = np.random.default_rng(1).standard_normal((3, *SHAPE), np.float32)
    (answer,) = run_onnx(file.encode(), input=np.moveaxis(inputs, -1, 1))
    _, logits = run_onnx(file.encode_with_logits(), input=np.moveaxis(inputs, -1, 1))
    assert file.content.graph.output[0].name == "probabilities"
    assert answer.sum(axis=1) == pytest.approx(1)
    assert np.abs(logits - compute_logits(model, Inputs(inputs, inputs))).max() < 1e-5


def load_golden(name):
    return load_model(HERE / "models" / f"{name}.npz")


@pytest.mark.parametrize("opset", [17, 18])
@pytest.mark.parametrize("name", ["image", "branches", "signal", "labels"])
def test_embedded_preprocessing_takes_samples_and_answers_with_probabilities(name, opset):
    model = load_golden(name)  # the images of "branches" are normalized each by itself
    inputs = gather_inputs(model, 5)
    file = build_onnx(model, opset=opset, embed=True)
    onnx.checker.check_model(file.content, full_check=True)
    (answer,) = run_onnx(file.encode(), input=inputs.samples)
    logits = compute_logits(model, inputs)
    chances = read_task(model.classes, model.task).compute_chances(logits)
    assert file.content.graph.output[0].name == "probabilities"
    assert np.abs(answer - chances).max() < 1e-5


def test_flat_images_are_normalized_by_themselves_without_dividing_by_zero():
    model = load_golden("branches")
    shape = model.input_shape
    flat = np.full((1, *shape), 200, np.uint8)
    (answer,) = run_onnx(build_onnx(model, embed=True).encode(), input=flat)
    assert np.isfinite(answer).all()


def test_embedded_masks_are_probabilities_of_each_pixel():
    model = load_golden("masks")
    inputs = gather_inputs(model, 2)
    (answer,) = run_onnx(build_onnx(model, embed=True).encode(), input=inputs.samples)
    logits = compute_logits(model, inputs)
    assert answer.shape == (2, *model.input_shape[:2], len(model.classes))
    assert answer.sum(axis=-1) == pytest.approx(1, abs=1e-5)
    assert (answer.argmax(axis=-1) == logits.argmax(axis=-1)).all()


def list_sizes(value):
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


@pytest.mark.parametrize("embed", [False, True])
def test_networks_that_make_masks_take_images_of_other_sizes(embed):
    model = load_golden("masks")
    rows, columns, channels = model.input_shape
    larger = (rows + 8, columns + 2, channels)
    file = build_onnx(model, embed=embed)
    pixels = np.random.default_rng(1).integers(0, 256, (1, *larger), np.uint8)
    inputs = pixels if embed else np.moveaxis(pixels, -1, 1).astype(np.float32)
    (answer,) = run_onnx(file.encode(), input=inputs)
    same = replace(model, input_shape=larger)
    normalized = pixels.astype(np.float32)
    if embed:
        normalized = normalized * np.float32(model.preprocessing["scale"])
        normalized += np.float32(model.preprocessing["shift"])
    logits = compute_logits(same, Inputs(pixels, normalized))
    assert answer.shape[1 if not embed else 3] == len(model.classes)
    classes = answer.argmax(axis=-1 if embed else 1)
    assert (classes == logits.argmax(axis=-1)).mean() > 0.999


@pytest.mark.parametrize(
    "text",
    [
        "conv(8, 3, pad=2) >> shuffle(2) >> group_norm(4) >> crop(1x0, 1x2) >> conv(classes, 1)",
        "maxpool >> conv(8, 1) >> upsample(2, linear) >> conv(classes, 1)",
        "maxpool(2x3) >> upsample(2x3, cubic, corners) >> conv(classes, 1)",
    ],
)
def test_layers_without_a_size_of_their_own_take_images_of_any_size(text):
    model = make_model(text, (10, 12, 2))
    inputs = np.random.default_rng(1).standard_normal((2, 14, 18, 2)).astype(np.float32)
    (answer,) = run_onnx(build_onnx(model).encode(), input=np.moveaxis(inputs, -1, 1))
    larger = replace(model, input_shape=inputs.shape[1:])
    expected = compute_logits(larger, Inputs(inputs, inputs))
    assert np.moveaxis(answer, 1, -1) == pytest.approx(expected, abs=1e-5)


def test_batches_are_of_any_size_and_images_only_where_each_pixel_gets_an_answer():
    masks, digits = (build_onnx(load_golden(name)).content.graph for name in ("masks", "image"))
    assert list_sizes(masks.input[0]) == ["N", 1, "H", "W"]
    assert list_sizes(masks.output[0]) == ["N", 2, "H", "W"]
    assert list_sizes(digits.input[0]) == ["N", 1, 28, 28]
    assert list_sizes(digits.output[0]) == ["N", 10]


def test_embedded_numbers_are_in_their_own_unit():
    task = {"name": "regress", "loss": "mse", "mean": [100.0, -3.0], "deviation": [20.0, 0.5]}
    model = make_model("dense(2)", SHAPE, task=task)
    inputs = gather_inputs(model, 4)
    file = build_onnx(model, embed=True)
    (answer,) = run_onnx(file.encode(), input=inputs.samples)
    restored = compute_logits(model, inputs) * [20.0, 0.5] + [100.0, -3.0]
    assert file.content.graph.output[0].name == "numbers"
    assert answer == pytest.approx(restored, rel=1e-5)


def test_what_was_proved_is_kept_in_the_file():
    file = build_onnx(make_model(TEXT, SHAPE))
    content = onnx.load_from_string(file.encode({"inputs": 16}))
    assert json.loads(content.metadata_props[-1].value) == {"inputs": 16}
    assert content.metadata_props[-1].key == "cnncli.checked"
