"""Reading many files in runs, by threads unless they are small."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnncli.data.runs import LENGTH, SMALL, map_runs

COUNT = 3 * LENGTH + 1


@pytest.fixture
def executor():
    with ThreadPoolExecutor(2) as executor:
        yield executor


def _find_threads(executor, names):
    """Return which thread read each file."""
    return map_runs(executor, lambda run: [threading.get_ident() for _ in names[run]], names)


def _write(folder, size):
    names = [str(folder / str(number)) for number in range(COUNT)]
    for name in names:
        (folder / name).write_bytes(bytes(size))
    return names


def test_the_results_are_in_the_order_of_the_names(executor):
    names = [str(number) for number in range(COUNT)]
    assert map_runs(executor, lambda run: names[run], names) == names


def test_small_files_are_read_without_threads(executor, tmp_path):
    assert set(_find_threads(executor, _write(tmp_path, SMALL))) == {threading.get_ident()}


@pytest.mark.parametrize("size", [SMALL + 1, 20 * SMALL])
def test_larger_files_are_read_by_threads(executor, tmp_path, size):
    assert threading.get_ident() not in _find_threads(executor, _write(tmp_path, size))


def test_what_is_no_file_by_itself_is_read_by_threads(executor):
    names = [f"stack.tif[{number}]" for number in range(COUNT)]
    assert threading.get_ident() not in _find_threads(executor, names)


def test_nothing_is_read_where_there_are_no_names(executor):
    assert map_runs(executor, lambda run: [run], []) == []
