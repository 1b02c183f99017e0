import json
import subprocess

from pseudo_terminal import on_a_terminal

from cnncli import presets
from cnncli.notation import parse


def arch(*arguments):
    return subprocess.run(["cnncli", "arch", *arguments], capture_output=True, text=True)


def test_the_list_has_one_line_per_preset():
    header, *lines = arch().stdout.splitlines()
    assert header.split() == ["name", "input", "classes", "params", "title"]
    assert [line.split()[0] for line in lines] == presets.names()
    assert lines[0].split()[:4] == ["alexnet", "224x224x3", "1000", "61,100,840"]


def test_on_a_terminal_the_list_fits_it_with_each_title_below():
    _, _, *lines = on_a_terminal("cnncli", "arch").decode().splitlines()
    rows = [line for line in lines if not line.startswith(" ")]
    assert [row.split()[0] for row in rows] == presets.names()
    below = " ".join(line.strip() for line in lines[1 : lines.index(rows[1])])
    assert below == presets.get("alexnet").title
    assert max(map(len, lines)) <= 80


def test_the_list_is_json_where_asked():
    found = json.loads(arch("--json").stdout)
    assert (found["schema"], found["command"]) == (1, "arch")
    lenet5 = next(one for one in found["presets"] if one["name"] == "lenet5")
    assert lenet5["input"] == [32, 32, 1]
    assert (lenet5["params"], lenet5["macs"], lenet5["classes"]) == (61_706, 416_520, 10)


def test_the_printed_text_is_the_network():
    done = arch("resnet18")
    preset = presets.get("resnet18")
    assert parse(done.stdout, 1000) == parse(preset.text, 1000)
    assert json.loads(arch("resnet18", "--json").stdout)["text"] == preset.text


def test_an_unknown_name_exits_2():
    done = arch("lenet")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: no preset is called 'lenet'; did you mean lenet5?\n"


def test_a_size_that_makes_no_network_exits_2():
    done = arch("unet(0)")
    assert (done.returncode, done.stdout) == (2, "")
    assert "filters is '0'; expected a whole number of 1 or more" in done.stderr


def test_a_network_is_adapted_to_a_size_and_the_changes_are_told_apart_from_the_text():
    done = arch("resnet18", "--for", "32x32x3")
    assert done.stderr.splitlines() == [
        "conv(64, 7, 2, 3, bias=no) becomes conv(64, 3, pad=1, bias=no)",
        "maxpool(3, 2, 1) is left out",
    ]
    assert "# input: 32x32x3" in done.stdout
    assert "classes" in done.stdout.splitlines()[-1]
    assert len(parse(done.stdout, 10).parts) == len(parse(arch("resnet18").stdout, 10).parts) - 1


def test_the_adapted_network_is_json_where_asked():
    found = json.loads(arch("vgg11", "--for", "28x28x1", "--json").stdout)
    assert (found["name"], found["input"]) == ("vgg11", [28, 28, 1])
    assert found["changes"] == ["maxpool is left out"]
    assert found["params"] == 32_198_888


def test_a_network_that_fits_as_it_is_says_so():
    assert arch("resnet20", "--for", "32x32x3").stderr == "nothing had to be changed\n"


def test_a_size_can_be_asked_for():
    assert arch("unet(16)").stdout.endswith("\nunet(16)\n")


def test_a_size_without_a_network_exits_2():
    done = arch("--for", "32x32x3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cnncli: --for: adapt which network? ")


def test_a_size_of_another_kind_exits_2():
    done = arch("wavenet", "--for", "32x32x3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: wavenet takes inputs such as 8000x1; give a size like that\n"
