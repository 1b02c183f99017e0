import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from pseudo_terminal import on_a_terminal

GOLDEN = Path(__file__).parent.parent / "golden/models/image.npz"
LINES = [
    {"epoch": epoch, "lr": 0.01 / epoch, "train_loss": 2.0 / epoch, "val_loss": 3.0 / epoch,
     "val_accuracy": 1 - 0.5 / epoch, "best": True}
    for epoch in range(1, 6)
]  # fmt: skip


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "run.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def test_a_model_and_a_log_are_drawn_in_characters(run, model, log):
    done = run("curves", model, log)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "2 trainings"
    assert "A⠒⠒ patterns" in lines[1] and "B⠒⠒ run" in lines[1]
    assert {"loss", "validation accuracy", "learning rate"} <= set(lines)
    assert max(map(len, lines)) == 80
    assert "\x1b" not in done.stdout


def test_json_has_every_epoch(run, log):
    done = run("curves", log, "--json")
    expected = {"name": "run", "path": str(log), "epochs": LINES}
    assert json.loads(done.stdout) == {"schema": 1, "command": "curves", "trainings": [expected]}


def test_a_log_can_come_on_stdin(run, log):
    done = run("curves", "-", "--json", input=log.read_text())
    assert json.loads(done.stdout)["trainings"][0]["epochs"] == LINES
    twice = run("curves", "-", "-", input="")
    assert (twice.returncode, "give - once" in twice.stderr) == (2, True)


def test_a_picture_is_a_png_or_an_svg_by_its_name(run, log, tmp_path):
    for name in ("c.png", "c.svg"):
        done = run("curves", log, "-o", tmp_path / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.format == "PNG" and picture.width == 1280
    root = ElementTree.parse(tmp_path / "c.svg").getroot()
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "validation accuracy" in texts
    equal = run("curves", log, "-o", "-", text=False)
    assert equal.stdout == (tmp_path / "c.png").read_bytes()


def test_a_line_under_way_is_left_out_and_said(run, log, tmp_path):
    (tmp_path / "cut.jsonl").write_bytes(log.read_bytes()[:-30])
    done = run("curves", tmp_path / "cut.jsonl", "--json")
    assert [r["epoch"] for r in json.loads(done.stdout)["trainings"][0]["epochs"]] == [1, 2, 3, 4]
    assert done.stderr == f"{tmp_path}/cut.jsonl: its last line is broken and left out\n"


@pytest.mark.parametrize(
    ("arguments", "code", "fault"),
    [
        (["none.jsonl"], 3, "none.jsonl: cannot be read (no such file or directory)"),
        (["c.pdf"], 3, "c.pdf: line 1 is no JSON"),
        (["LOG", "-o", "c.pdf"], 2, "use a name that ends in .png or .svg"),
        (["LOG", "-o", "old.png"], 2, "old.png: already exists; use -f to overwrite it"),
        (["LOG", "-o", "-", "--json"], 2, "--json and -o - both go to stdout"),
        ([], 2, "missing argument"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(call, log, tmp_path, arguments, code, fault):
    (tmp_path / "old.png").write_text("precious")
    (tmp_path / "c.pdf").write_text("%PDF")
    arguments = [log if argument == "LOG" else argument for argument in arguments]
    done = call("curves", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert fault in done.stderr and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "old.png").read_text() == "precious"


def test_a_golden_model_has_no_records_and_says_so(run):
    done = run("curves", GOLDEN)
    assert done.returncode == 3
    assert "no records of its epochs; give the log of its training" in done.stderr


def test_a_terminal_gets_color_unless_it_should_not(script, log):
    assert b"\x1b[38;5;" in on_a_terminal(script, "curves", log)
    assert b"\x1b" not in on_a_terminal(script, "curves", log, "--no-color")
