"""The ways of ONNX to change the size of an image: the layers they become, or why there is none."""

import numpy as np
import pytest
from onnx_files import build, compare, make_file

from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_in.reading import read_file

IMAGE = (4, 7, 10)  # channels first
ALIGN_CORNERS = {"coordinate_transformation_mode": "align_corners"}
ASYMMETRIC = {"coordinate_transformation_mode": "asymmetric"}
PYTORCH = {"coordinate_transformation_mode": "pytorch_half_pixel"}


@pytest.mark.parametrize(
    ("attributes", "factors", "sizes", "text"),
    [
        ({"mode": "linear"}, (1, 1, 2, 3), None, "upsample(2x3, linear)"),
        ({"mode": "linear"}, None, (9, 5), "resize(9x5)"),
        ({"mode": "linear"}, (1, 1, 11 / 7, 0.5), None, "resize(11x5)"),
        ({"mode": "linear", **ALIGN_CORNERS}, None, (14, 20),
         "upsample(method=linear, align=corners)"),
        ({"mode": "linear", **ASYMMETRIC}, None, (9, 7), "resize(9x7, align=starts)"),
        ({"mode": "cubic", "antialias": 1}, None, (9, 13), "resize(9x13, cubic)"),
        ({"mode": "cubic", **ALIGN_CORNERS}, None, (5, 13), "resize(5x13, cubic, corners)"),
        ({"mode": "linear", **PYTORCH}, None, (1, 4),
         "resize(1x10, align=corners) >> resize(1x4)"),
        ({"nearest_mode": "floor", **ASYMMETRIC}, None, (12, 4),
         "resize(12x4, nearest, starts)"),
        ({"nearest_mode": "round_prefer_ceil"}, None, (12, 16), "resize(12x16, nearest)"),
        ({}, None, (3, 5), "resize(3x5, nearest)"),
        (ALIGN_CORNERS, None, (3, 6), "resize(3x6, nearest, corners)"),
        ({"axes": [3, 2], "keep_aspect_ratio_policy": "not_larger"}, None, (40, 14), "upsample"),
        ({"mode": "linear"}, None, (7, 10), "relu"),
    ],
)  # fmt: skip
def test_a_resize_is_read_as_the_layer_that_takes_the_same_pixels(
    tmp_path, attributes, factors, sizes, text
):
    constants = {"none": np.float32([]), "f": np.float32(factors or [])}
    if sizes:
        attributes, constants["s"] = {"axes": [2, 3], **attributes}, np.array(sizes)
    inputs = " ".join(["a", *constants])
    nodes = [("Relu", "x", "a"), ("Resize", inputs, "y", attributes)]
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", opset=18, **constants)
    model = build(read_file(path))
    assert model.graph.text.removeprefix("relu >> ") == text
    assert compare(path, model) < 1e-5


@pytest.mark.parametrize(
    ("attributes", "factors", "reason"),
    [
        ({"mode": "linear"}, (1, 1, 1.5, 2), "its scale makes 10.5 pixels of 7, not a whole"),
        ({"mode": "linear", "antialias": 1}, (1, 1, 1, 0.5), "antialias=1 is not read"),
        ({"mode": "cubic", "cubic_coeff_a": -0.5}, (1, 1, 2, 2), "cubic_coeff_a=-0.5 is not"),
        ({"mode": "cubic", "exclude_outside": 1}, (1, 1, 2, 2), "exclude_outside=1 is not"),
        ({"mode": "area"}, (1, 1, 2, 2), "mode=area is not read; nearest, linear, cubic are"),
        ({"nearest_mode": "ceil"}, (1, 1, 2, 2), "half_pixel with ceil takes"),
        ({"coordinate_transformation_mode": "tf_crop_and_resize"}, (1, 1, 2, 2), "is not read"),
        ({}, (1, 2, 2, 2), "the number of samples or channels"),
        ({}, (1, 1, 0.1, 2), "it makes 0.7 pixels of 7"),
        ({}, (1, 1, 0.0, 2), "it makes 0 pixels of 7"),
        ({}, (1, 1, 1e12, 2), "it makes 7e+12 pixels of 7"),
        ({}, (2, 2), "its scales or sizes are not those of all axes"),
    ],
)
def test_a_resize_that_no_layer_does_is_refused_with_its_reason(
    tmp_path, attributes, factors, reason
):
    constants = {"none": np.float32([]), "f": np.float32(factors)}
    nodes = [("Resize", "x none f", "y", attributes)]
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", opset=18, **constants)
    with pytest.raises(ArchitectureError) as caught:
        build(read_file(path))
    assert reason in caught.value.details[0]


@pytest.mark.parametrize(("opset", "operator"), [(9, "Upsample"), (10, "Resize")])
def test_before_opset_11_linear_began_at_the_first_pixel(tmp_path, opset, operator):
    nodes = [(operator, "x f", "y", {"mode": "linear"})]
    factors = np.float32([1, 1, 2, 3])
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", opset=opset, f=factors)
    model = build(read_file(path))
    assert model.graph.text == "upsample(2x3, linear, starts)"
    assert compare(path, model) < 1e-5


def test_an_aspect_is_kept_only_in_ways_that_are_known(tmp_path):
    constants = {"none": np.float32([]), "s": np.array([9, 9])}
    attributes = {"axes": [2, 3], "keep_aspect_ratio_policy": "wide"}
    nodes = [("Resize", "x none none s", "y", attributes)]
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", opset=18, **constants)
    with pytest.raises(ArchitectureError) as caught:
        build(read_file(path))
    assert "keep_aspect_ratio_policy=wide is not known" in caught.value.details[0]


@pytest.mark.parametrize("rows", [[0, 1], [0, 99], [-99, 6], [[0, 6]], 3])
def test_rows_that_are_not_those_nearest_to_a_size_are_refused(tmp_path, rows):
    nodes = [("Gather", "x rows", "y", {"axis": 2})]
    path = make_file(tmp_path / "net.onnx", nodes, IMAGE, "y", rows=np.array(rows))
    with pytest.raises(ArchitectureError) as caught:
        build(read_file(path))
    assert "other than the rows or columns nearest" in caught.value.details[0]
