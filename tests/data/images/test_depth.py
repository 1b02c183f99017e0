from __future__ import annotations

import numpy as np
import pytest

from cnncli.data.images.depth import is_misfit, learn_depth, to_8_bits
from cnncli.data.unreadable import RefusedError
from cnncli.samples import Samples


def column(*values: float, dtype: type = np.uint16, bands: int = 1) -> np.ndarray:
    return np.repeat(np.array(values, dtype).reshape(-1, 1, 1), bands, axis=2)


def learn(*images: np.ndarray) -> tuple[object, object, tuple[str, ...]]:
    names = tuple(map(str, range(len(images))))
    return learn_depth(Samples("set", names, names, names), lambda name: images[int(name)], 1)


def test_8_bits_stay_as_they_are() -> None:
    pixels = column(0, 7, 255, dtype=np.uint8)
    assert to_8_bits(pixels, 12, None) is pixels


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_the_largest_value_of_so_many_bits_becomes_white(bits: int) -> None:
    white = 2**bits - 1
    levels = to_8_bits(column(0, white // 2, white), bits, None)[:, 0, 0]
    assert levels.tolist() == [0, 127, 255]


def test_levels_are_rounded_and_never_wrap() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    for bits in (9, 11, 13, 16):
        expected = np.minimum(values / (2**bits - 1) * 255, 255)
        assert np.abs(to_8_bits(values, bits, None) - expected).max() <= 0.5 + 1e-9


def test_what_is_above_the_bits_is_white() -> None:
    assert to_8_bits(column(1024, 65535), 10, None)[:, 0, 0].tolist() == [255, 255]


def test_without_bits_gray_is_divided_and_color_keeps_its_upper_8() -> None:
    assert to_8_bits(column(128, 129, 65535), None, None)[:, 0, 0].tolist() == [0, 1, 255]
    assert to_8_bits(column(129, 511, 65535, bands=3), None, None)[:, 0, 2].tolist() == [0, 1, 255]


@pytest.mark.parametrize("bands", [1, 3])
def test_8_bits_in_16_are_refused_where_they_would_be_black(bands: int) -> None:
    with pytest.raises(RefusedError, match="its values are 8 bits in 16"):
        to_8_bits(column(0, 1, 255, bands=bands), None, None)
    assert to_8_bits(column(0, 0, bands=bands), None, None).max() == 0
    assert to_8_bits(column(0, 256, bands=bands), None, None).max() == 1


def test_floats_are_brought_from_their_span() -> None:
    levels = to_8_bits(column(-3, -1, 0, 1, 9, dtype=np.float32), None, (-1.0, 1.0))
    assert levels[:, 0, 0].tolist() == [0, 0, 128, 255, 255]


def test_floats_without_a_span_are_refused() -> None:
    with pytest.raises(RefusedError, match="floats or have 32 bits"):
        to_8_bits(column(0.5, dtype=np.float32), 16, None)


@pytest.mark.parametrize(
    ("largest", "bits"), [(3, 8), (255, 8), (256, 9), (1000, 10), (4095, 12), (4096, 13)]
)
def test_bits_are_the_least_that_hold_every_value(largest: int, bits: int) -> None:
    learned, span, (notice,) = learn(column(0, largest // 2), column(largest, 1))
    assert (learned, span) == (bits, None)
    assert notice == (
        f"set: images of 16 bits with values up to {largest}, taken as {bits} bits: "
        f"0 to {2**bits - 1} become levels from 0 to 255"
    )


def test_of_all_16_bits_there_is_nothing_to_say() -> None:
    assert learn(column(0, 40_000), column(5)) == (16, None, ())


def test_the_span_of_floats_is_that_of_all_images() -> None:
    bits, span, (notice,) = learn(column(-2.5, 3, dtype=np.float32), column(7, dtype=np.float32))
    assert (bits, span) == (None, (-2.5, 7))
    assert "-2.5 to 7 become levels from 0 to 255" in notice


def test_equal_floats_have_a_span_too() -> None:
    assert learn(column(4, 4, dtype=np.float32))[1] == (4, 5)


def test_images_of_8_bits_teach_nothing() -> None:
    assert learn(column(9, dtype=np.uint8), column(1024)) == learn(column(1024))


def test_rows_of_an_array_are_learned_from_as_they_are() -> None:
    samples = Samples("set", ("a",), ("a",), ("a",), column(700)[None])
    assert learn_depth(samples, lambda name: pytest.fail(name), 1)[0] == 10


@pytest.mark.parametrize(
    ("pixels", "beyond"),
    [
        (column(1023), False),
        (column(5, 1024), True),
        (column(-1.4, 1.4, dtype=np.float32), False),
        (column(0, 1.6, dtype=np.float32), True),
        (column(-1.6, 0, dtype=np.float32), True),
        (column(255, dtype=np.uint8), False),
    ],
)
def test_values_beyond_what_was_learned_are_noticed(pixels: np.ndarray, beyond: bool) -> None:
    assert is_misfit(pixels, 10, (-1.0, 1.0)) is beyond


@pytest.mark.parametrize(
    ("largest", "dark"), [(0, False), (300, True), (4095, True), (4096, False)]
)
def test_12_bits_are_noticed_where_none_were_learned(largest: int, dark: bool) -> None:
    assert is_misfit(column(0, largest), None, None) == dark
    assert not is_misfit(column(largest, dtype=np.float32), None, None)
