from __future__ import annotations

import threading
import warnings

import pytest

from cnncli.data.quiet import quiet


def test_warnings_inside_are_not_heard() -> None:
    with quiet:
        warnings.warn("unheard", stacklevel=1)


def test_warnings_after_it_are_heard_again() -> None:
    with quiet, quiet:
        pass
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_the_filters_come_back_when_the_last_thread_leaves() -> None:
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        with quiet:
            inside.set()
            leave.wait(5)
            warnings.warn("unheard", stacklevel=1)

    thread = threading.Thread(target=work)
    with quiet:
        thread.start()
        inside.wait(5)
    assert warnings.filters != before
    leave.set()
    thread.join()
    assert list(warnings.filters) == before
