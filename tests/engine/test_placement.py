from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.engine.placement import FOREVER, Buffer, place, place_by_middles

MOMENTS = st.integers(0, 20) | st.just(FOREVER)
LIFETIMES = st.tuples(st.integers(0, 5000), st.integers(0, 20), MOMENTS)


@pytest.mark.parametrize("arrange", [place, place_by_middles])
@given(lifetimes=st.lists(LIFETIMES, min_size=1, max_size=40))
def test_buffers_of_the_same_time_never_overlap(arrange, lifetimes):
    buffers = [
        Buffer(f"b{i}", size, min(a, b), max(a, b)) for i, (size, a, b) in enumerate(lifetimes)
    ]
    total = arrange(buffers)
    for buffer in buffers:
        assert buffer.offset % 16 == 0
        assert buffer.offset + buffer.size <= total
    for first, second in combinations(buffers, 2):
        together = first.first <= second.last and second.first <= first.last
        apart = (
            first.offset + first.size <= second.offset
            or second.offset + second.size <= first.offset
        )
        assert apart or not together or not first.size or not second.size


def test_buffers_of_different_times_share_their_place():
    buffers = [Buffer("a", 160, 0, 1), Buffer("b", 160, 2, 3), Buffer("c", 160, 1, 2)]
    assert place(buffers) == 320


def test_the_lowest_gap_that_is_wide_enough_is_taken():
    buffers = [
        Buffer("a", 160, 0, 9),
        Buffer("b", 96, 0, 1),
        Buffer("c", 64, 0, 9),
        Buffer("d", 48, 2, 9),
        Buffer("e", 48, 2, 9),
        Buffer("f", 32, 2, 9),
    ]
    assert place(buffers) == 352
    assert [buffer.offset for buffer in buffers] == [0, 160, 256, 160, 208, 320]


def test_buffers_at_one_place_have_their_middles_in_common():
    buffers = [
        Buffer("kept", 64, 0, FOREVER),
        Buffer("large", 320, 0, 1),
        Buffer("beside it", 160, 1, 2),
        Buffer("after it", 96, 2, 3),
        Buffer("last", 32, 4, 4),
    ]
    assert place_by_middles(buffers) == 64 + 320 + 160
    assert [buffer.offset for buffer in buffers] == [0, 64, 384, 176, 208]
