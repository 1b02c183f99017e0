from __future__ import annotations

import pytest

from cnncli.allowance import Allowance, find_excess, word_bytes
from cnncli.errors import setting

GB = 1 << 30


@pytest.mark.parametrize(
    ("needed", "allowed", "excess"),
    [
        (100, None, None),
        (101, None, ("takes 0 MB of memory, and 0 MB are allowed", "1M allows it")),
        (5 << 20, 4 << 20, ("takes 5 MB of memory, and 4 MB are allowed", "5M allows it")),
        (3 * GB + 1, GB, ("takes 3.0 GB of memory, and 1.0 GB are allowed", "3073M allows it")),
        (GB, GB, None),
    ],
)
def test_what_is_more_than_allowed_is_said(needed, allowed, excess, monkeypatch) -> None:
    monkeypatch.setattr(Allowance, "bytes", allowed)
    if excess is not None:
        excess = excess[0], f"{setting('max_memory')} {excess[1]}"
    assert find_excess(needed, 100) == excess


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 MB"), (5 << 20, "5 MB"), (GB - 1, "1024 MB"), (5 * GB // 2, "2.5 GB")],
)
def test_bytes_are_told_in_the_units_of_options(count: int, text: str) -> None:
    assert word_bytes(count) == text
