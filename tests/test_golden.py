"""Models made by an earlier version are answered for as they were then.

Words and whole numbers are the same to the letter. Other numbers may differ by what rounds
differently between instruction sets and compilers, and by nothing else.
"""

import json

import pytest
from golden.record import HERE, INPUTS, QUESTIONS, ask, make_data

ROUNDING = 2e-5  # relative and absolute


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    make_data(folder)
    for model in INPUTS:
        (folder / f"{model}.npz").symlink_to(HERE / "models" / f"{model}.npz")
    return folder


def assert_same(answer, expected):
    assert type(answer) is type(expected)
    if isinstance(expected, dict):
        assert answer.keys() >= expected.keys()  # fields are only ever added
        for name, value in expected.items():
            assert_same(answer[name], value)
    elif isinstance(expected, list):
        assert len(answer) == len(expected)
        for value, other in zip(answer, expected, strict=True):
            assert_same(value, other)
    elif isinstance(expected, float):
        assert answer == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING)
    else:
        assert answer == expected


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("model", INPUTS)
def test_the_answer_is_the_recorded_one(script, folder, model, question):
    answer = ask(script, model, question, folder)
    expected = (HERE / "answers" / f"{model}.{question}").read_text(encoding="utf-8")
    if question.endswith(".txt"):
        assert answer == expected
    else:
        lines = zip(answer.splitlines(), expected.splitlines(), strict=True)
        for line, other in lines:
            assert_same(json.loads(line), json.loads(other))
