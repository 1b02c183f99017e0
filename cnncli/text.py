"""Text files as people have them: from any editor and any system, in UTF-8.

Every text file that is read (lists, tables, architectures, names of classes, paths) is opened here.
A byte order mark is no part of the text; lines end as Unix, Windows or old Macs end them.
"""

from __future__ import annotations

import codecs
import io

UNREADABLE = "UTF-16, not UTF-8; save it as UTF-8"
HEAD = 64  # bytes looked at for UTF-16 without a mark


class TextError(Exception):
    """Why bytes are no text, in a few words with what to do."""


def read_text(path: str, errors: str = "strict") -> str:
    """Return the text of a file, of stdin for -; raise TextError or OSError.

    `errors` is what `bytes.decode` does with what is not UTF-8: names of files may hold such.
    """
    with io.FileIO(0 if path == "-" else path, closefd=path != "-") as raw:
        return decode_text(raw.readall(), errors)


def decode_text(data: bytes, errors: str = "strict") -> str:
    """Return a text whose bytes are given, its lines ended as they were; raise TextError."""
    try:
        return strip_mark(data).decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise TextError("is not text in UTF-8; save it as UTF-8") from error


def strip_mark(head: bytes) -> bytes:
    """Return the beginning of a text without its byte order mark; raise TextError for UTF-16."""
    first = head[:HEAD]
    zeros = first[0::2].count(0), first[1::2].count(0)
    marked = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if (marked and b"\0" in head) or (
        len(first) >= 4 and 2 * max(zeros) > len(first) // 2 and min(zeros) == 0
    ):
        raise TextError(f"is text in {UNREADABLE}")
    return head.removeprefix(codecs.BOM_UTF8)


def unify_ends(text: str) -> str:
    r"""Return a text whose lines end in \n, where they may end in \r\n or \r."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_lines(text: str) -> list[str]:
    """Return the lines of a text without their ends."""
    return unify_ends(text).removesuffix("\n").split("\n")
