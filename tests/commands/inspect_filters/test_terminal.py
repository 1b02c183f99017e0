import base64
import re

import pytest


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


def test_chosen_maps_keep_their_numbers_under_their_pictures(draw):
    arguments = ("--method", "activations", "--image", "image.png", "--filter", "1")

    text = draw("model.npz", *arguments, "--no-color")

    assert text.startswith("relu1 · 1 feature map 8x8\n")
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
