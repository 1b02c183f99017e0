from __future__ import annotations

import pytest

from cnncli.data.images.foreign import find_foreign_format


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
        (b"\0\0\0\x20ftypavif", "an AVIF"),
        (b"\0\0\0\x20ftypisom", "a video (MP4 or MOV)"),
        (b"%PDF-1.7", "a PDF"),
        (bytes(128) + b"DICM", "a DICOM"),
        (b"<svg xmlns=", "an SVG"),
    ],
)
def test_formats_are_known_by_their_first_bytes(head: bytes, name: str) -> None:
    assert find_foreign_format(head) == name


@pytest.mark.parametrize("head", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_what_nobody_knows_has_no_name(head: bytes) -> None:
    assert find_foreign_format(head) is None
