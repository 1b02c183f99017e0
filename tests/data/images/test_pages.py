from __future__ import annotations

import io
import struct
import time

import pytest
from PIL import Image

from cnncli.data.images.pages import MOST, count_pages
from cnncli.data.unreadable import RefusedError


def chain(places: list[int], order: str = "<") -> io.BytesIO:
    """Return a TIFF of directories without entries, each at the place that the last one names."""
    mark = b"II" if order == "<" else b"MM"
    data = bytearray(mark + struct.pack(order + "HI", 42, places[0]) + bytes(6 * len(places)))
    for place, following in zip(places, [*places[1:], 0], strict=True):
        data[place : place + 6] = struct.pack(order + "HI", 0, following)
    return io.BytesIO(data)


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("big", [False, True])
def test_every_page_that_pillow_writes_is_counted(count: int, big: bool) -> None:
    data, page = io.BytesIO(), Image.new("L", (4, 3))
    page.save(data, "TIFF", save_all=True, append_images=[page] * (count - 1), big_tiff=big)
    assert count_pages(data) == count


@pytest.mark.parametrize("order", ["<", ">"])
def test_directories_may_stand_in_any_order(order: str) -> None:
    assert count_pages(chain([20, 8, 14], order)) == 3


def test_a_chain_that_bites_its_tail_ends_there() -> None:
    data = bytearray(chain([8, 14]).getvalue())
    data[16:20] = struct.pack("<I", 8)
    assert count_pages(io.BytesIO(data)) == 2


@pytest.mark.parametrize("place", [0, 3000, 0xFFFFFFFF])
def test_a_chain_that_leaves_the_file_ends_there(place: int) -> None:
    data = bytearray(chain([8]).getvalue())
    data[10:14] = struct.pack("<I", place)
    assert count_pages(io.BytesIO(data)) == 1


def test_more_pages_than_anybody_has_are_refused_soon() -> None:
    places = list(range(8, 8 + 6 * 5 * MOST, 6))
    data = chain(places)
    start = time.process_time()
    with pytest.raises(RefusedError, match=f"more than {MOST} pages"):
        count_pages(data)
    assert time.process_time() - start < 1
    assert count_pages(chain(places[:MOST])) == MOST
