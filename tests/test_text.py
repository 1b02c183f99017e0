from __future__ import annotations

from pathlib import Path

import pytest

from cnncli.text import TextError, decode_text, read_text, split_lines

WORDS = "a é\nb\n"


@pytest.mark.parametrize("data", [WORDS.encode(), WORDS.encode("utf-8-sig")])
def test_a_mark_is_no_part_of_the_text(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert read_text(str(tmp_path / "a.txt")) == WORDS


@pytest.mark.parametrize("text", ["a\nb", "a\nb\n", "a\r\nb\r\n", "a\rb\r"])
def test_lines_end_as_on_any_system(text: str) -> None:
    assert split_lines(text) == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_by_its_name(encoding: str) -> None:
    with pytest.raises(TextError, match="is text in UTF-16, not UTF-8; save it as UTF-8"):
        decode_text("path,label\na.png,cat\n".encode(encoding))


def test_other_encodings_are_refused_or_kept_as_surrogates() -> None:
    with pytest.raises(TextError, match="is not text in UTF-8"):
        decode_text(b"caf\xe9\n")
    assert decode_text(b"caf\xe9\n", "surrogateescape") == "caf\udce9\n"


def test_an_empty_file_is_an_empty_text() -> None:
    assert decode_text(b"") == ""
    assert decode_text(b"\xef\xbb\xbf") == ""
