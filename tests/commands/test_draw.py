import io
import json
import subprocess
from xml.etree import ElementTree

import pytest
from PIL import Image

RESIDUAL = (
    "block(n) = (conv(n, 3, pad=1) >> bn >> relu >> conv(n, 3, pad=1) >> bn) + id >> relu\n"
    "conv(16, 3, pad=1) >> 12 * block(16) >> maxpool(2) >> global_avgpool >> dense(10)"
)


@pytest.fixture
def draw(run, call):
    """Draw, with what the command needs to succeed."""

    def draw(*arguments, **settings):
        done = (run if settings else call)("draw", *arguments, **settings)
        assert (done.returncode, done.stderr) == (0, "" if settings.get("text", True) else b"")
        return done.stdout

    return draw


def drawn(draw, *arguments):
    """The boxes and the lines of a network."""
    found = json.loads(draw(*arguments, "--json"))
    return {box["name"]: box for box in found["boxes"]}, found["lines"]


def test_without_an_output_it_is_text_of_boxes(draw):
    text = draw("lenet5")
    assert text.startswith("lenet5\n61,706 parameters")
    assert "│ conv 5x5, 6 · tanh │\n│      28x28x6       │\n" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "resnet50"])
def test_presets_fit_a_terminal(draw, name):
    assert max(map(len, draw(name).splitlines())) <= 100


def test_small_layers_share_the_box_before_them(draw):
    boxes, lines = drawn(
        draw, "conv(4, 3) >> bn >> relu >> dropout >> dense(2)", "--input", "8x8x1"
    )
    assert boxes["conv1"]["lines"] == ["conv 3x3, 4", "bn relu", "dropout 0.5"]
    assert boxes["conv1"]["layers"] == "conv(4, 3) >> bn >> relu >> dropout"
    assert lines == [["input", "conv1"], ["conv1", "dense1"]]


def test_small_layers_at_the_front_share_the_box_behind_them(draw):
    boxes, _ = drawn(draw, "bn >> relu >> conv(4, 3)", "--input", "8x8x1")
    assert boxes["conv1"]["lines"] == ["bn relu", "conv 3x3, 4"]


def test_small_layers_alone_have_a_box(draw):
    boxes, lines = drawn(draw, "(tanh * sigmoid) + id >> relu", "--input", "100x2")
    assert set(boxes) == {"input", "tanh1", "sigmoid1", "multiply1", "add1"}
    assert boxes["add1"]["lines"] == ["add", "relu"]
    assert ["input", "add1"] in lines and ["tanh1", "multiply1"] in lines


@pytest.mark.parametrize(
    ("layer", "shape", "lines"),
    [
        (
            "conv(8, 3x5, stride=2, pad=1, groups=2)",
            "9x9x2",
            ["conv 3x5, 8", "stride 2", "groups 2"],
        ),
        ("conv(8, 5, dilation=4)", "100x2", ["conv 5, 8", "dilation 4"]),
        ("maxpool(3, stride=2)", "9x9x2", ["maxpool 3x3", "stride 2"]),
        ("maxpool(3)", "9x9x2", ["maxpool 3x3"]),
        ("maxpool(3, stride=1, pad=1)", "9x9x2", ["maxpool 3x3", "stride 1"]),
        ("depthwise(3)", "9x9x2", ["depthwise 3x3"]),
        ("deconv(4, 2, 2)", "9x9x2", ["deconv 2x2, 4", "stride 2"]),
        ("upsample(2)", "9x9x2", ["upsample 2x2"]),
        ("global_avgpool", "9x9x2", ["global_avgpool"]),
        ("dense(7)", "9x9x2", ["dense 7"]),
        ("flatten", "9x9x2", ["flatten"]),
    ],
)
def test_layers_are_written_as_papers_write_them(draw, layer, shape, lines):
    boxes, _ = drawn(draw, layer, "--input", shape)
    (name,) = set(boxes) - {"input"}
    assert boxes[name]["lines"] == lines


def test_repeated_blocks_of_a_large_network_are_drawn_once(draw):
    short, long = (
        draw(RESIDUAL, "--input", "32x32x3"),
        draw(RESIDUAL, "--input", "32x32x3", "--expand"),
    )
    assert short.count("add · relu") == 1 and "x12" in short
    assert long.count("add · relu") == 12 and "x12" not in long


def test_the_size_behind_a_repetition_is_written_on_where_it_changes(draw):
    text = "20 * (id | conv(4, 3, pad=1) >> conv(4, 3, pad=1))"
    assert "x20, then 8x8x83" in draw(text, "--input", "8x8x3")


def test_one_repeated_layer_has_its_count_on_its_box(draw):
    boxes, _ = drawn(draw, "30 * (conv(4, 3, pad=1) >> relu) >> relu", "--input", "8x8x4")
    assert boxes["conv1"]["lines"] == ["conv 3x3, 4", "relu", "x30"]


def test_a_repetition_of_nothing_leaves_no_trace(draw):
    boxes, _ = drawn(draw, "30 * (conv(4, 3, pad=1) >> 2 * id)", "--input", "8x8x4")
    assert boxes["conv1"]["lines"] == ["conv 3x3, 4", "x30"]


@pytest.mark.parametrize("style", ["svg", "png", "txt", "dot", "mermaid"])
def test_the_name_of_the_file_says_how_it_is_drawn(run, tmp_path, style):
    path = tmp_path / f"net.{style}"
    done = run("draw", "resnet18", "-o", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert path.read_bytes() == run("draw", "resnet18", "--format", style, text=False).stdout
    assert (
        path.read_bytes()
        == run("draw", "resnet18", "-o", "-", "--format", style, text=False).stdout
    )


def test_a_format_comes_before_the_name_of_the_file(run, tmp_path):
    path = tmp_path / "net.txt"
    assert run("draw", "lenet5", "-o", path, "--format", "dot").returncode == 0
    assert path.read_text().startswith("digraph network {")


def test_svg_is_xml_and_png_a_picture(draw):
    ElementTree.fromstring(draw("resnet18", "--format", "svg"))
    png = draw("resnet18", "--format", "png", text=False)
    assert Image.open(io.BytesIO(png)).size[0] > 1000


def test_a_trained_model_is_drawn(draw, model):
    text = draw(model)
    assert text.startswith("patterns.npz\n")
    assert "conv 3x3, 4 · relu" in text and "dense 3" in text


def test_a_file_and_stdin_are_read(draw, tmp_path):
    (tmp_path / "net.cnn").write_text("conv(4, 3)")
    assert draw(f"@{tmp_path / 'net.cnn'}", "--input", "8x8x1").startswith("net.cnn\n")
    assert "conv 3x3, 4" in draw("@-", "--input", "8x8x1", input="conv(4, 3)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("conv(4, 3)",), "--input is missing"),
        (("lenet5", "-o", "net.jpg"), "net.jpg: give --format, or a name that ends in one of .svg"),
        (("lenet5", "-o", "-", "--json"), "both go to stdout"),
        (("lenet5", "--json", "--format", "svg"), "--json alone draws nothing"),
        (("lenett5",), "did you mean lenet5?"),
        (("lenet5", "-o", "missing/net.svg"), "there is no folder"),
    ],
)
def test_what_cannot_be_drawn_exits_2_with_one_line(call, tmp_path, arguments, message):
    done = call("draw", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_what_exists_is_overwritten_only_with_force(run, tmp_path):
    path = tmp_path / "net.svg"
    path.write_text("mine")
    done = run("draw", "lenet5", "-o", path)
    assert done.returncode == 2 and "already exists" in done.stderr
    assert path.read_text() == "mine"
    assert run("draw", "lenet5", "-o", path, "-f").returncode == 0
    assert path.read_text().startswith("<svg")


def test_a_png_does_not_go_to_a_terminal(script):
    line = f"script -qec '{script} draw lenet5 --format png' /dev/null"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert "stdout is a terminal" in done.stdout
