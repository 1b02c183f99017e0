from __future__ import annotations

import pytest

from cnncli.allowance import Allowance, find_excess, word_bytes
from cnncli.errors import setting

GB = 1 << 30


@pytest.mark.parametrize(
    ("needed", "allowed", "excess"),
    [
        (100, None, None),
        (101, None, ("takes 0 MB of memory", "is 0 MB", "1M allows it")),
        (5 << 20, 4 << 20, ("takes 5 MB of memory", "is 4 MB", "5M allows it")),
        (3 * GB + 1, GB, ("takes 3.0 GB of memory", "is 1.0 GB", "3073M allows it")),
        (GB, GB, None),
    ],
)
def test_what_is_more_than_allowed_is_said(needed, allowed, excess, monkeypatch) -> None:
    monkeypatch.setattr(Allowance, "bytes", allowed)
    if excess is not None:
        name = setting("max_memory")
        excess = f"{excess[0]}, and {name} {excess[1]}", f"{name} {excess[2]}"
    assert find_excess(needed, 100) == excess


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 MB"), (5 << 20, "5 MB"), (GB - 1, "1024 MB"), (5 * GB // 2, "2.5 GB")],
)
def test_bytes_are_told_in_the_units_of_options(count: int, text: str) -> None:
    assert word_bytes(count) == text
