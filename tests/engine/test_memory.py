from hypothesis import given
from hypothesis import strategies as st

from cnncli.engine.memory import Buffer, place

LIFETIMES = st.tuples(st.integers(0, 5000), st.integers(0, 20), st.integers(0, 20))


@given(st.lists(LIFETIMES, min_size=1, max_size=40))
def test_buffers_of_the_same_time_never_overlap(lifetimes):
    buffers = [
        Buffer(f"b{i}", size, min(a, b), max(a, b)) for i, (size, a, b) in enumerate(lifetimes)
    ]
    total = place(buffers)
    for i, one in enumerate(buffers):
        assert one.offset % 16 == 0
        assert one.offset + one.size <= total
        for two in buffers[:i]:
            together = one.first <= two.last and two.first <= one.last
            apart = one.offset + one.size <= two.offset or two.offset + two.size <= one.offset
            assert apart or not together or not one.size or not two.size


def test_buffers_of_different_times_share_their_place():
    buffers = [Buffer("a", 160, 0, 1), Buffer("b", 160, 2, 3), Buffer("c", 160, 1, 2)]
    assert place(buffers) == 320
