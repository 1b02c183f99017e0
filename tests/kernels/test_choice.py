"""Which instruction set's kernels are taken, and what is said where there are none."""

import pytest

import cnncli.kernels
from cnncli.errors import UsageError
from cnncli.kernels import choose, find_built


@pytest.fixture(autouse=True)
def cpu_without_avx512(monkeypatch):
    monkeypatch.setattr(cnncli.kernels, "supported", lambda isa: isa != "avx512")


@pytest.mark.parametrize(
    ("wanted", "built", "isa"),
    [
        (None, ["avx512", "avx2", "base"], "avx2"),
        ("", ["avx512", "base"], "base"),
        ("base", ["avx2", "base"], "base"),
    ],
)
def test_the_best_that_was_built_and_that_the_cpu_runs_is_taken(wanted, built, isa):
    assert choose(wanted, built) == isa


@pytest.mark.parametrize(
    ("wanted", "built", "message"),
    [
        (
            "avx2",
            ["avx512", "base"],
            "CNNCLI_ISA: 'avx2' was not built here; use base, or unset it",
        ),
        ("avx512", ["avx512", "avx2", "base"], "this CPU cannot run 'avx512'; use avx2 or base"),
        ("sse", ["avx2", "base"], "'sse' is not an instruction set; use avx2 or base, or unset it"),
        (
            None,
            ["avx512"],
            "built for avx512, which this CPU cannot run; build them on this machine",
        ),
        (None, [], "no kernels were built; install cnncli again"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(wanted, built, message):
    with pytest.raises(UsageError, match=message):
        choose(wanted, built)


def test_what_was_built_is_found():
    assert cnncli.kernels.ISA in find_built()


def test_a_wrong_choice_ends_a_command_with_that_sentence(run):
    result = run("layers", env={"CNNCLI_ISA": "sse"})
    assert result.returncode == 2
    assert result.stderr.startswith("cnncli: CNNCLI_ISA: 'sse' is not an instruction set; use ")
