import json
import subprocess

from cnncli import presets
from cnncli.notation import parse


def arch(*arguments):
    return subprocess.run(["cnncli", "arch", *arguments], capture_output=True, text=True)


def test_the_list_has_one_line_per_preset():
    header, *lines = arch().stdout.splitlines()
    assert header.split() == ["name", "input", "classes", "params", "title"]
    assert [line.split()[0] for line in lines] == presets.names()
    assert lines[0].split()[:4] == ["alexnet", "224x224x3", "1000", "61,100,840"]


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
