from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from cnncli.data.endings import SAMPLES
from cnncli.data.other_files import READ, READABLE, describe_other, explain_others


def test_what_is_read_is_named_and_what_is_not_is_converted_to_it() -> None:
    assert set(chain(*READ.values())) <= SAMPLES
    assert not SAMPLES & READABLE.keys()
    assert set(READABLE.values()) <= SAMPLES


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (".m4a", ".m4a is not read, .wav is"),
        (".avif", ".avif is not read, .png is"),
        (".mat", ".mat is not read, .npy is"),
        (".png", None),
        ("", None),
    ],
)
def test_an_ending_tells_why_a_file_cannot_be_read(ending: str, reason: str | None) -> None:
    assert describe_other(ending) == reason


def test_the_most_frequent_endings_are_named_first() -> None:
    text = explain_others(Counter({".b": 2, ".a": 2, ".wma": 7, "": 1}))
    assert text.startswith(
        ", but other files (7 .wma, 2 .a, 2 .b, …); convert .wma to .wav; read are"
    )


def test_without_files_there_is_nothing_to_explain() -> None:
    assert explain_others(Counter()) == ""


def test_only_what_a_network_takes_is_said_to_be_read() -> None:
    found = Counter({".mp3": 3, ".wma": 1, ".heic": 1})
    assert explain_others(found, ["image"]).endswith(
        "; convert .heic to .png; read are .jpg .png .gif .bmp .tif .webp .ppm .fits .npy"
    )
    assert "; convert .wma to .wav; read are .wav " in explain_others(found, ["signal"])
    assert explain_others(Counter({".mp3": 3}), ["image"]).startswith(
        ", but other files (3 .mp3); read are .jpg"
    )
