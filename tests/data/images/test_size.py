from __future__ import annotations

import threading
import time

import pytest

from cnncli.allowance import Allowance
from cnncli.data.images import size
from cnncli.data.unreadable import RefusedError
from cnncli.errors import setting


@pytest.mark.parametrize("shape", [(8000, 8000), (64_000_000, 1), (1, 1)])
def test_64_ordinary_megapixels_are_let_in(shape: tuple[int, int]) -> None:
    with size.admit(*shape, size.ORDINARY):
        pass


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_no_pixels_are_no_size(shape: tuple[int, int]) -> None:
    with pytest.raises(RefusedError, match="no size"), size.admit(*shape, size.ORDINARY):
        pass


def test_what_takes_too_much_memory_is_refused_with_what_would_be_enough() -> None:
    with pytest.raises(RefusedError) as caught, size.admit(5000, 6000, size.WEBP):
        pass
    assert str(caught.value) == (
        f"5000x6000, 30 megapixels, takes 687 MB of memory, and {setting('max_memory')} is 512 MB"
    )
    assert caught.value.remedy == f"{setting('max_memory')} 687M allows it"


def test_users_allow_more_or_less(monkeypatch) -> None:
    monkeypatch.setattr(Allowance, "bytes", 1 << 30)
    with size.admit(5000, 6000, size.WEBP):
        pass
    monkeypatch.setattr(Allowance, "bytes", 1000)
    with pytest.raises(RefusedError), size.admit(20, 20, size.ORDINARY):
        pass


@pytest.mark.parametrize(("side", "together"), [(100, 3), (4000, 1)])
def test_large_images_are_decoded_one_after_the_other(side: int, together: int) -> None:
    inside, most, door = [], [], threading.Barrier(3)

    def decode() -> None:
        door.wait()
        with size.admit(side, side, size.ORDINARY):
            inside.append(1)
            time.sleep(0.05)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=decode) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == together
