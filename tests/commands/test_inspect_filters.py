import base64
import io
import json
import os
import pty
import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.inspection import list_methods
from cnncli.model_file import Model, save_model
from cnncli.notation import parse

ARCH = "conv(2, 3, pad=1) >> relu >> maxpool(2) >> conv(70, 3) >> relu >> dense(classes)"
PIXELS = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a model, of whose first two filters the second is dead, and an image."""
    folder = tmp_path_factory.mktemp("inspect")
    graph = build_graph(parse(ARCH, 2), (8, 8, 1))
    weights = Weights(graph)
    weights.initialize(seed=1)
    arrays = weights.dump()
    arrays["conv1/weight"][:] = [[[[0, 0, 0], [0, 2, 0], [0, 0, 0]]], [[[-1, -1, -1]] * 3]]
    prepared = Preprocessing(8, 8, 1, "stretch", "unit", (1 / 255,), (0.0,)).to_manifest()
    model = Model(graph.text, (8, 8, 1), prepared, ["cat", "dog"], arrays)
    save_model(folder / "model.npz", model)
    Image.fromarray(PIXELS).save(folder / "image.png")
    return folder


@pytest.fixture
def inspect(run, folder):
    """Run the command in that folder."""
    return lambda *arguments, **settings: run("inspect-filters", *arguments, cwd=folder, **settings)


@pytest.fixture
def draw(script, folder):
    """Run the command on a terminal of 100 columns; what it wrote there."""

    outer = {
        name: value
        for name, value in os.environ.items()
        if name not in ("KITTY_WINDOW_ID", "TERM_PROGRAM", "TMUX")
    }

    def draw(*arguments, **environment):
        master, slave = pty.openpty()
        with subprocess.Popen(
            [script, "inspect-filters", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            env={**outer, "COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "", **environment},
        ):
            os.close(slave)
            written = b""
            try:
                while piece := os.read(master, 65536):
                    written += piece
            except OSError:  # the other end is closed
                pass
        os.close(master)
        return written.decode().replace("\r\n", "\n")

    return draw


def test_off_a_terminal_a_table_of_the_first_layer_is_printed(inspect):
    done = inspect("model.npz")

    assert done.stdout.splitlines() == [
        "conv1  norm   mean  min  max  similarity  words",
        "    0     2  0.222    0    2      -0.333  blob, light",
        "    1     3     -1   -1   -1      -0.333  flat",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_json_lists_the_numbers_of_each_filter(inspect):
    found = json.loads(inspect("model.npz", "--json").stdout)

    assert {name: value for name, value in found.items() if name != "filters"} == {
        "schema": 1,
        "command": "inspect-filters",
        "model": "model.npz",
        "layer": "conv1",
        "method": "filters",
        "image": None,
        "shape": [2, 1, 3, 3],
    }
    assert found["filters"][1] == {
        "name": "conv1:1",
        "index": 1,
        "dead": None,
        "norm": 3.0,
        "mean": -1.0,
        "min": -1.0,
        "max": -1.0,
        "similarity": pytest.approx(-1 / 3),
        "kind": "flat",
        "angle": None,
        "words": "flat",
    }


def test_filters_can_be_sorted(inspect):
    found = json.loads(inspect("model.npz", "--sort", "norm", "--json").stdout)

    assert [row["index"] for row in found["filters"]] == [1, 0]


def test_selectivity_needs_labeled_samples(inspect):
    done = inspect("model.npz", "--sort", "selectivity")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "cnncli: --sort selectivity needs labeled samples; give a set with --data\n"
    )


def test_with_labeled_samples_the_class_that_a_filter_prefers_is_known(inspect, tmp_path):
    for name, level in (("cat", 0), ("dog", 200)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((8, 8), level, np.uint8)).save(tmp_path / name / "0.png")

    done = inspect("model.npz", "--data", str(tmp_path), "--sort", "selectivity")

    assert [line.split()[-3:] for line in done.stdout.splitlines()[1:2]] == [
        ["dog", "blob,", "light"]
    ]


def test_what_has_no_filters_is_not_sorted(inspect):
    arguments = ("--method", "saliency", "--image", "image.png", "--sort", "norm")

    assert inspect("model.npz", *arguments).stderr == (
        "cnncli: --sort is not for --method saliency; leave it out\n"
    )


def test_with_an_image_it_is_known_which_filters_are_dead(inspect):
    found = json.loads(inspect("model.npz", "--image", "image.png", "--json").stdout)

    assert [one["dead"] for one in found["filters"]] == [False, True]


def test_activations_are_those_behind_the_first_filters(inspect):
    done = inspect("model.npz", "--method", "activations", "--image", "image.png", "--json")

    found = json.loads(done.stdout)
    assert (found["layer"], found["image"], found["shape"]) == ("relu1", "image.png", [8, 8, 2])
    first, second = found["filters"]
    assert first["max"] == pytest.approx(2 * 252 / 255, rel=1e-6)
    assert (first["zeros"], first["dead"]) == (1 / 64, False)
    assert (second["norm"], second["zeros"], second["dead"]) == (0.0, 1.0, True)


def test_activations_say_where_their_maxima_are(inspect):
    done = inspect("model.npz", "--method", "activations", "--image", "image.png", "--json")

    first, second = json.loads(done.stdout)["filters"]
    assert (first["at"], first["field"]) == ([7, 7], [6, 6, 8, 8])
    assert (second["at"], second["field"]) == ([0, 0], [0, 0, 2, 2])


def test_activations_are_listed_with_the_largest_maximum_first(inspect):
    arguments = ("--method", "activations", "--image", "image.png", "--layer", "conv2")

    lines = inspect("model.npz", *arguments).stdout.splitlines()

    maxima = [float(line.split()[4]) for line in lines[1:]]
    assert len(maxima) == 70 and maxima == sorted(maxima, reverse=True)
    chosen = inspect("model.npz", *arguments, "--filter", "3,1,2").stdout.splitlines()
    assert [line.split()[0] for line in chosen[1:]] == ["3", "1", "2"]


def test_activations_are_drawn_over_the_image(inspect, tmp_path):
    arguments = ("--method", "activations", "--image", "image.png", "-f", "-o")

    inspect("model.npz", *arguments, str(tmp_path / "maps.png"))
    done = inspect("model.npz", *arguments, str(tmp_path / "over.png"), "--overlay")

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "over.png").read_bytes() != (tmp_path / "maps.png").read_bytes()


def test_any_layer_can_be_named(inspect):
    arguments = ("--method", "activations", "--layer", "maxpool1", "--image", "image.png")

    assert json.loads(inspect("model.npz", *arguments, "--json").stdout)["shape"] == [4, 4, 2]


def test_a_png_is_drawn(inspect, tmp_path):
    done = inspect("model.npz", "-o", str(tmp_path / "filters.png"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with Image.open(tmp_path / "filters.png") as picture:
        assert picture.mode == "RGB"
        colors = {color: count for count, color in picture.getcolors(1 << 20)}
    assert colors[236, 229, 225] >= 8 * 32 * 32  # zero, at 32 pixels for each weight


def test_a_png_of_activations_has_the_image_beside_them(inspect, tmp_path):
    output = str(tmp_path / "maps.png")
    inspect("model.npz", "--method", "activations", "--image", "image.png", "-o", output)

    with Image.open(output) as picture:
        colors = {color: count for count, color in picture.getcolors(1 << 20)}
    assert colors[100, 100, 100] >= 28 * 28


def test_npz_holds_the_arrays(inspect, tmp_path):
    output = str(tmp_path / "maps.npz")
    inspect("model.npz", "--method", "activations", "--image", "image.png", "-o", output)

    with np.load(output, allow_pickle=False) as arrays:
        found = dict(arrays)
    assert (found["image"][..., 0] == PIXELS).all()
    assert found["activations"][..., 0] == pytest.approx(PIXELS * (2 / 255), rel=1e-6)
    assert found["dead"].tolist() == [False, True]


@pytest.mark.parametrize("layer", ["conv1", "maxpool1", "dense1"])
def test_npz_and_features_of_a_prediction_are_laid_out_alike(inspect, run, folder, tmp_path, layer):
    output = str(tmp_path / "maps.npz")
    inspect(
        "model.npz", "--method", "activations", "--layer", layer, "--image", "image.png",
        "-o", output,
    )  # fmt: skip
    with np.load(output) as arrays:
        maps = arrays["activations"]
    kind = ("--output-kind", f"features:{layer}")
    done = run("predict", "model.npz", "image.png", "--json", *kind, cwd=folder)
    features = np.array(json.loads(done.stdout)["features"])
    assert features.shape == maps.shape
    assert features == pytest.approx(maps, rel=1e-5)


def test_an_output_and_json_can_be_had_together(inspect, tmp_path):
    done = inspect("model.npz", "-o", str(tmp_path / "filters.npz"), "--json")

    assert json.loads(done.stdout)["layer"] == "conv1"
    with np.load(tmp_path / "filters.npz") as arrays:
        assert arrays["filters"].shape == (2, 1, 3, 3)


def test_a_picture_that_does_not_hold_all_says_so(inspect, tmp_path):
    done = inspect("model.npz", "--layer", "conv2", "-o", str(tmp_path / "conv2.png"))

    assert done.stderr.endswith(
        "conv2.png: the first 64 of 70 filters; a name that ends in .npz gets all of them\n"
    )


def test_an_existing_file_is_overwritten_only_by_force(inspect, tmp_path):
    output = tmp_path / "filters.png"
    output.write_text("mine")

    done = inspect("model.npz", "-o", str(output))

    assert (done.returncode, output.read_text()) == (2, "mine")
    assert "already exists; use -f" in done.stderr
    assert inspect("model.npz", "-o", str(output), "-f").returncode == 0
    assert output.read_bytes().startswith(b"\x89PNG")


def test_a_picture_can_go_to_stdout(inspect):
    done = inspect("model.npz", "-o", "-", text=False)

    with Image.open(io.BytesIO(done.stdout)) as picture:
        assert picture.format == "PNG"


def test_an_image_can_come_from_stdin(inspect, folder):
    with (folder / "image.png").open("rb") as image:
        done = inspect("model.npz", "--image", "-", "--json", stdin=image)

    assert [one["dead"] for one in json.loads(done.stdout)["filters"]] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--layer", "cnov2"],
            2,
            "no layer 'cnov2' with filters; did you mean conv2? there is conv1, conv2, dense1",
        ),
        (["--layer", "relu1"], 2, "no layer 'relu1' with filters; there is conv1, conv2, dense1"),
        (
            ["--method", "activations"],
            2,
            "--method activations needs an image; give one with --image",
        ),
        (["--class", "cat"], 2, "--class is not for --method filters; leave it out"),
        (["--filter", "2"], 2, "--filter 2: conv1 has 2 filters; give 0 to 1"),
        (
            ["--method", "saliency", "--image", "image.png", "--class", "cow"],
            2,
            "'cow' is none of the classes; there are cat, dog",
        ),
        (
            ["--method", "saliency(2)", "--image", "image.png"],
            2,
            "--method saliency: '2' is one setting too many",
        ),
        (
            ["--method", "top-patches"],
            2,
            "--method top-patches needs a data set; give one with --data",
        ),
        (
            [*["--method", "activations", "--image", "image.png", "--data", "."]],
            2,
            "--data is not for --method activations; leave it out",
        ),
        (
            ["--method", "top-patches", "--data", "none"],
            3,
            "none: not a readable image (no such file); check the path",
        ),
        (["--overlay"], 2, "--overlay is not for --method filters; leave it out"),
        (["--score"], 2, "--score is not for --method filters; leave it out"),
        (
            ["--method", "activations", "--image", "image.png", "--score"],
            2,
            "--score is not for --method activations; leave it out",
        ),
        (
            [*["--method", "saliency", "--image", "image.png", "--layer", "conv2", "--score"]],
            2,
            "--score follows an answer of the network, not conv2; leave --layer out",
        ),
        (
            ["--method", "activations", "--image", "image.png", "--overlay"],
            2,
            "--overlay is for pictures; give -o FILE.png",
        ),
        (
            [*["--method", "activations", "--image", "image.png", "--overlay", "-o", "a.npz"]],
            2,
            "--overlay is for pictures; give -o FILE.png",
        ),
        (
            [
                *[
                    "--method",
                    "activations",
                    "--image",
                    "image.png",
                    "--layer",
                    "dense1",
                    "--overlay",
                    "-o",
                    "a.png",
                ]
            ],
            2,
            "--overlay: dense1 has no maps of several rows; leave it out, or name another layer",
        ),
        (
            ["-o", "report.html"],
            2,
            "report.html: no such kind of output; use a name that ends in .png or .npz",
        ),
        (
            ["-o", "-", "--json"],
            2,
            "--json and -o - both go to stdout; give -o the name of a file",
        ),
        (
            ["--image", "none.png"],
            3,
            "none.png: not a readable image (no such file); check the path",
        ),
    ],
)
def test_a_mistake_ends_in_one_line(inspect, arguments, code, message):
    done = inspect("model.npz", *arguments)

    error = done.stderr
    if "--json" in arguments:
        error = "cnncli: " + json.loads(error)["error"]["message"] + "\n"
    assert (done.returncode, done.stdout, error) == (code, "", f"cnncli: {message}\n")


def test_what_is_no_model_is_refused(inspect):
    done = inspect("image.png")

    assert done.returncode == 5
    assert done.stderr.startswith("cnncli: image.png: ")
    assert done.stderr.count("\n") == 1


def test_nothing_is_left_where_the_work_fails(inspect, tmp_path):
    inspect("model.npz", "--layer", "none", "-o", str(tmp_path / "out.png"))

    assert list(tmp_path.iterdir()) == []


def test_a_terminal_gets_a_drawing_in_true_color(draw):
    text = draw("model.npz", COLORTERM="truecolor")

    assert text.startswith("conv1 · 2 filters 3x3x1\nmodel.npz · on one scale\n")
    assert "\x1b[38;2;236;229;225;48;2;236;229;225m▀" in text
    assert re.search(r"\n +0 +1\n", text)


def test_a_terminal_without_true_color_gets_256_colors(draw):
    text = draw("model.npz", COLORTERM="")

    assert "\x1b[38;5;254;48;5;254m▀" in text
    assert "38;2;" not in text


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [([], {"NO_COLOR": "1"}), (["--no-color"], {}), ([], {"TERM": "dumb"})],
)
def test_a_terminal_that_wants_no_color_gets_shades(draw, arguments, environment):
    text = draw("model.npz", *arguments, **environment)

    assert "\x1b" not in text
    assert "▒▒▒▒▒▒▒▒████████▒▒▒▒▒▒▒▒" in text


def test_activations_are_drawn_beside_the_image(draw):
    text = draw("model.npz", "--method", "activations", "--image", "image.png", "--no-color")

    assert text.startswith("relu1 · 2 feature maps 8x8\nmodel.npz on image.png · on one scale\n")
    assert "1 · dead" in text


def test_a_terminal_is_told_what_does_not_fit_on_it(draw):
    text = draw("model.npz", "--layer", "conv2")

    assert text.endswith("the first 32 of 70 filters; -o FILE.png draws more of them\n")


def test_a_picture_is_not_written_to_a_terminal(draw):
    text = draw("model.npz", "-o", "-")

    assert text == "cnncli: stdout is a terminal, which cannot show a PNG; send it to a file\n"


def test_a_layer_that_is_no_image_is_one_row(draw):
    arguments = ("--method", "activations", "--layer", "dense1", "--image", "image.png")

    text = draw("model.npz", *arguments, "--no-color")

    assert text.startswith("dense1 · 2 units\n")


def test_the_help_opens_with_a_sentence_and_two_examples(inspect):
    done = inspect("--help")

    lines = done.stdout.splitlines()
    assert lines[0] == "Show a layer's filters, its feature maps, or which pixels decide an answer."
    assert [line.startswith("  cnncli inspect-filters ") for line in lines[2:4]] == [True, True]


def test_the_help_has_a_sentence_on_every_method(inspect):
    _, _, methods = inspect("--help").stdout.partition("\nMethods:\n")

    assert [
        line.split()[0].partition("(")[0] for line in re.findall("^  [a-z].*", methods, re.M)
    ] == list_methods()


def test_filters_are_shown_alone_and_in_the_order_given(inspect):
    done = inspect("model.npz", "--filter", "1,0")

    assert done.stdout.splitlines() == [
        "conv1  norm   mean  min  max  similarity  words",
        "    1     3     -1   -1   -1      -0.333  flat",
        "    0     2  0.222    0    2      -0.333  blob, light",
    ]
    found = json.loads(inspect("model.npz", "--filter", "1", "--json").stdout)
    assert (found["shape"], [row["name"] for row in found["filters"]]) == (
        [1, 1, 3, 3],
        ["conv1:1"],
    )


def test_chosen_maps_keep_their_numbers_under_their_pictures(draw):
    arguments = ("--method", "activations", "--image", "image.png", "--filter", "1")

    text = draw("model.npz", *arguments, "--no-color")

    assert text.startswith("relu1 · 1 feature map 8x8\n")
    assert "1 · dead" in text


def test_saliency_lists_what_its_map_explains(inspect):
    done = inspect("model.npz", "--method", "saliency", "--image", "image.png", "--json")

    found = json.loads(done.stdout)
    assert (found["layer"], found["shape"]) == ("input", [1, 8, 8])
    (row,) = found["maps"]
    assert row["target"] in ("cat", "dog") and row["max"] > 0 == pytest.approx(min(0, row["min"]))


def test_the_class_to_explain_can_be_named(inspect):
    arguments = ("--method", "saliency", "--image", "image.png", "--json")

    targets = [
        json.loads(inspect("model.npz", *arguments, "--class", name).stdout)["maps"][0]["target"]
        for name in ("cat", "dog")
    ]

    assert targets == ["cat", "dog"]


def test_a_map_of_zeros_is_said_to_be_one(inspect, folder):
    Image.new("L", (8, 8)).save(folder / "black.png")
    arguments = ("--method", "gradcam", "--class", "cat", "--image")

    done = inspect("model.npz", *arguments, "black.png")

    assert done.returncode == 0 and " 0 " in done.stdout
    assert "the map of cat is zero everywhere" in done.stderr
    assert "zero everywhere" not in inspect("model.npz", *arguments, "image.png").stderr


def test_a_score_is_a_table_a_chart_or_json(inspect, folder, draw):
    arguments = ("model.npz", "--method", "occlusion", "--image", "image.png", "--score")
    heading, deletion, insertion = (
        line.split() for line in inspect(*arguments).stdout.split("\n")[:3]
    )
    assert heading == ["input", "class", "area", "random", "random_min", "random_max"]
    record = json.loads(inspect(*arguments, "--json").stdout)
    assert (record["layer"], record["method"], record["shape"]) == ("input", "occlusion", [2, 21])
    for row, curve in zip((deletion, insertion), record["curves"], strict=True):
        assert row[:2] == [curve["name"], curve["class"]]
        assert float(row[2]) == pytest.approx(curve["area"], rel=0.01)
        assert len(curve["curve"]) == len(curve["fractions"]) == len(curve["orders"][0]) == 21
        assert curve["random_min"] <= curve["random"] <= curve["random_max"]
    assert inspect(*arguments, "-o", "score.png").returncode == 0
    with Image.open(folder / "score.png") as picture:
        assert picture.width > 500
    assert inspect(*arguments, "-o", "score.npz").returncode == 0
    with np.load(folder / "score.npz") as arrays:
        assert arrays["labels"].tolist() == ["deletion", "insertion"]
        assert (arrays["occlusion"].shape, arrays["orders"].shape) == ((2, 21), (2, 10, 21))
    assert "insertion: area" in draw(*arguments)


def test_a_score_is_the_same_bytes_for_any_number_of_threads(inspect):
    arguments = ("model.npz", "--method", "gradcam", "--image", "image.png", "--score", "--json")
    assert (
        inspect(*arguments, "--threads", "1").stdout == inspect(*arguments, "--threads", "2").stdout
    )


def test_a_shift_is_a_table_a_chart_or_json(inspect, folder, draw):
    arguments = ("model.npz", "--method", "shift(3)", "--image", "image.png")
    lines = inspect(*arguments).stdout.splitlines()
    assert lines[0].split() == ["network", "jump", "moved", "same"]
    layers = ["relu1", "maxpool1", "relu2", "dense1", "logits"]
    assert [line.split()[0] for line in lines[1:]] == layers
    record = json.loads(inspect(*arguments, "--json").stdout)
    assert [len(layer["same"]) for layer in record["layers"]] == [4] * 5
    assert record["layers"][-1]["largest"][0] in ("cat", "dog")
    assert record["layers"][-1]["moved"] == [None] * 4
    done = inspect(*arguments, "-o", "shift.png")
    assert done.returncode == 0 and (folder / "shift.png").stat().st_size > 1000
    assert inspect(*arguments, "-o", "shift.npz").returncode == 0
    with np.load(folder / "shift.npz") as arrays:
        assert arrays["labels"].tolist() == layers
        assert arrays["shift"].shape == (5, 2, 4)
    done = inspect("model.npz", "--method", "shift(8)", "--image", "image.png")
    assert done.returncode == 2 and "give shift(2)" in done.stderr
    assert "equivariance" in draw(*arguments)


@pytest.fixture
def data(tmp_path):
    """A folder of two images and of a file that is none."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number, level in enumerate((80, 240)):
        pixels = np.zeros((8, 8), np.uint8)
        pixels[2, 3] = level
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_top_patches_are_listed_with_their_places(inspect, data):
    done = inspect("model.npz", "--method", "top-patches(1)", "--data", data, "--json")

    first, second = json.loads(done.stdout)["filters"]
    assert (done.returncode, done.stderr) == (0, "")
    assert (first["name"], first["dead"], first["max"]) == (
        "relu1:0",
        False,
        pytest.approx(480 / 255),
    )
    assert first["patches"] == [
        {
            "path": f"{data}/1.png",
            "activation": pytest.approx(480 / 255),
            "at": [2, 3],
            "field": [1, 2, 4, 5],
        }
    ]
    assert (second["dead"], second["patches"]) == (True, [])


def test_top_patches_are_drawn_and_stored(inspect, data, tmp_path):
    arguments = ("model.npz", "--method", "top-patches", "--data", data, "-o")

    done = inspect(*arguments, tmp_path / "patches.png")
    inspect(*arguments, tmp_path / "patches.npz")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with Image.open(tmp_path / "patches.png") as picture:
        assert (240, 240, 240) in {color for _, color in picture.getcolors(1 << 20)}
    with np.load(tmp_path / "patches.npz", allow_pickle=False) as arrays:
        assert arrays["top-patches"].shape == (2, 9, 3, 3, 1)
        assert arrays["top-patches"][0, 0, 1, 1, 0] == 240
        assert arrays["deconvolutions"].shape == (2, 9, 3, 3, 1)
        assert arrays["paths"][0, :3].tolist() == [f"{data}/1.png", f"{data}/0.png", ""]


def test_top_patches_leave_out_what_cannot_be_read(inspect, data):
    (data / "2.png").write_text("no image")

    done = inspect("model.npz", "--method", "top-patches", "--data", data)

    first, last = done.stderr.splitlines()
    assert (done.returncode, len(done.stdout.splitlines())) == (4, 3)
    assert first.startswith(f"cnncli: {data}/2.png: not a readable image")
    assert last == "cnncli: samples that were left out: 1; see above"


def test_top_patches_are_drawn_in_a_terminal(draw, data):
    text = draw("model.npz", "--method", "top-patches", "--data", str(data), "--no-color")

    assert "relu1 · the 9 patches 3x3 that excite each filter most\n" in text
    assert "1 · dead" in text


@pytest.mark.parametrize(
    "environment",
    [{"TERM": "xterm-kitty"}, {"KITTY_WINDOW_ID": "1"}, {"TERM_PROGRAM": "WezTerm"}],
    ids=lambda names: next(iter(names)),
)
def test_a_terminal_that_has_graphics_gets_the_picture(draw, inspect, tmp_path, environment):
    inspect("model.npz", "-o", tmp_path / "filters.png")

    text = draw("model.npz", **environment)

    parts = re.findall("\x1b_G[^;]*;([^\x1b]*)\x1b\\\\", text)
    assert base64.b64decode("".join(parts)) == (tmp_path / "filters.png").read_bytes()
    assert "▀" not in text


@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"TERM": "screen"}, {"TMUX": "/tmp/tmux,1,0"}]
)
def test_graphics_are_not_sent_where_they_are_not_wanted_or_do_not_pass(draw, environment):
    text = draw("model.npz", **{"KITTY_WINDOW_ID": "1", **environment})

    assert "\x1b_G" not in text and "conv1 · 2 filters" in text


def test_graphics_are_not_sent_into_a_pipe(inspect):
    done = inspect("model.npz", env={"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"})

    assert "\x1b" not in done.stdout
