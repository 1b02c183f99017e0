import json
import subprocess

from cnncli.augment.presets import PRESETS
from cnncli.notation.expansion import list_named_layers


def layers(*arguments):
    return subprocess.run(["cnncli", "layers", *arguments], capture_output=True, text=True)


def test_every_layer_is_listed_with_its_settings_and_a_sentence():
    lines = layers().stdout.splitlines()
    assert [line.split("(")[0] for line in lines if line[0] != " "] == list_named_layers()
    assert max(map(len, lines)) <= 80
    signature = "conv(filters, size, stride=1, pad=0, fill=zero, dilation=1, groups=1, bias=yes)"
    assert signature in lines
    assert "maxpool(size=2, stride=size, pad=0, ceil=no)" in lines
    assert lines[lines.index(signature) + 1].startswith("    Convolution")


def test_operators_are_not_listed_as_layers():
    assert not {"add", "stack", "multiply"} & set(layers().stdout.split())


def test_json_says_what_each_setting_expects():
    found = json.loads(layers("--json").stdout)
    assert (found["schema"], found["command"]) == (1, "layers")
    conv = next(one for one in found["layers"] if one["name"] == "conv")
    filters, _, stride, *_ = conv["settings"]
    assert filters == {
        "name": "filters",
        "expects": "a whole number of 1 or more",
        "required": True,
        "default": None,
    }
    assert (stride["required"], stride["default"]) == (False, "1")


def test_one_layer_is_shown_with_what_its_settings_take():
    lines = layers("maxpool").stdout.splitlines()
    assert lines[0] == "maxpool(size=2, stride=size, pad=0, ceil=no)"
    assert lines[3].split() == ["setting", "default", "takes"]
    assert [line.split()[:2] for line in lines[4:]] == [
        ["size", "2"], ["stride", "size"], ["pad", "0"], ["ceil", "no"]
    ]  # fmt: skip
    assert "required  a whole number of 1 or more" in layers("conv").stdout
    assert len(layers("relu").stdout.splitlines()) == 2
    (bn,) = json.loads(layers("bn", "--json").stdout)["layers"]
    assert bn["name"] == "bn"


def test_a_layer_there_is_not_is_refused():
    done = layers("linear")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: no layer is called 'linear'; did you mean dense?\n"


def test_steps_of_an_augmentation_are_listed_by_what_they_are_for():
    lines = layers("--augment").stdout.splitlines()
    assert lines[0] == "for images:"
    assert "rotate(degrees)" in lines
    assert max(map(len, lines)) <= 80
    record = json.loads(layers("--augment", "--json").stdout)
    flip = next(step for step in record["steps"] if step["name"] == "hflip")
    assert flip["for"] == "image"
    assert flip["settings"][0]["default"] == "0.5"


def test_presets_of_an_augmentation_are_written_out():
    text = PRESETS["gray image"]["light"]
    lines = layers("--augment").stdout.splitlines()
    assert lines[lines.index("light for gray images:") + 1] == f"    {text}"
    presets = json.loads(layers("--augment", "--json").stdout)["presets"]
    assert {"name": "light", "for": "gray image", "text": text} in presets
    assert "light" not in layers("--augment", "zoom").stdout
    assert "presets" not in json.loads(layers("--json").stdout)


def test_one_step_is_shown_with_what_its_settings_take():
    lines = layers("--augment", "zoom").stdout.splitlines()
    assert lines[:2] == ["for images:", "zoom(share=0.5)"]
    assert lines[-1].split(maxsplit=2) == ["share", "0.5", "a number from 0.01 to 1"]


def test_an_unknown_step_gets_a_suggestion_and_exit_code_2():
    finished = layers("--augment", "rotat")
    assert finished.returncode == 2
    assert "no step is called 'rotat'; did you mean rotate?" in finished.stderr
    assert "did you mean" not in layers("--augment", "conv").stderr
