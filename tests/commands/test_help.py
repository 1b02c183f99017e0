import json
import re
import subprocess

import pytest
from pseudo_terminal import on_a_terminal

from cnncli.commands.help import FOLDER, TOPICS


def test_every_page_is_a_topic():
    assert sorted(TOPICS) == sorted(path.stem for path in FOLDER.glob("*.md"))


def test_a_page_opens_with_its_topic_and_one_sentence():
    for topic in TOPICS:
        heading, blank, sentence, after = (
            (FOLDER / f"{topic}.md").read_text("utf-8").split("\n")[:4]
        )
        assert (heading.lower().replace(" ", "-"), blank, after) == (f"#-{topic}", "", "")
        assert re.fullmatch(r"[A-Z].*\.", sentence) and ". " not in sentence


def test_without_a_topic_all_are_listed_with_their_sentences(run):
    lines = run("help").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(TOPICS)
    assert lines[0] == "data             Which folders, lists and files `train` and `evaluate` read"
    assert all(len(line) <= 80 for line in lines)


def test_a_page_is_written_as_it_is(run):
    done = run("help", "masks", text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (FOLDER / "masks.md").read_bytes()


def test_the_name_of_a_command_shows_its_help(run):
    assert run("help", "shape-calc").stdout == run("shape-calc", "--help").stdout


@pytest.mark.parametrize(
    ("word", "hint"),
    [("dat", "did you mean data?"), ("tarin", "did you mean train?"), ("x", "see 'cnncli help'")],
)
def test_an_unknown_topic_points_at_a_close_one(run, word, hint):
    done = run("help", word)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"cnncli: no topic {word!r}; {hint}\n"


def test_json_lists_topics_and_holds_a_page(run):
    listed = json.loads(run("help", "--json").stdout)
    assert [topic["name"] for topic in listed["topics"]] == list(TOPICS)
    page = json.loads(run("help", "speed", "--json").stdout)
    text = (FOLDER / "speed.md").read_text("utf-8")
    assert page == {"schema": 1, "command": "help", "topic": "speed", "text": text}


def test_on_a_terminal_headings_are_bold_unless_colors_are_off(script):
    assert b"\x1b[1m# Data\x1b[0m" in on_a_terminal(script, "help", "data")
    assert b"\x1b" not in on_a_terminal(script, "help", "data", "--no-color")


def test_a_page_is_shown_without_numpy_and_pillow(script):
    done = subprocess.run(
        ["python", "-X", "importtime", script, "help", "data"], capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported and not {"numpy", "PIL"} & imported
