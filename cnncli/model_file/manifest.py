"""The manifest: a JSON object that says what a file holds, sealed with its own digest.

A seal shows damage. It is no signature: whoever changes a file on purpose can seal it again.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from typing import Any, NoReturn

from cnncli.errors import ModelFileError

VERSION = 1
FIRST_READER = "0.1.0"  # the first cnncli that reads this version; not the release that writes it
FEATURES: tuple[str, ...] = ("task",)  # what `requires` may ask of a reader, beyond the version
MAX_BYTES = 2**20
MAX_DEPTH = 16
TURNS = frozenset(  # characters that change the direction of the text
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
DAMAGED = "the file is damaged; copy it again from where it came"

Manifest = dict[str, Any]


def seal(kind: str, content: Manifest) -> bytes:
    """Return the manifest of a file of this kind as UTF-8 JSON, equal for equal content."""
    head = {"format": kind, "version": VERSION, "release": FIRST_READER, "requires": []}
    text = json.dumps(
        {**head, **content},
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return _add_seal(text.encode()[:-1])


def unseal(text: bytes, kind: str) -> Manifest:
    """Return the manifest of a file of this kind; raise ModelFileError for any other."""
    if text != _add_seal(text[: -len(_add_seal(b""))]):
        raise ModelFileError(f"its manifest does not match its checksum; {DAMAGED}")
    manifest = _parse(text)
    if manifest.get("format") != kind:
        raise ModelFileError(f"is not a {kind} file")
    _check_version(manifest)
    return manifest


def is_printable(text: str) -> bool:
    """Say whether a text has no control characters, which a terminal would obey."""
    return text.isprintable() or not any(
        unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or letter in TURNS
        for letter in text
    )


def _add_seal(body: bytes) -> bytes:
    return body + f',"sha256":"{hashlib.sha256(body).hexdigest()}"}}'.encode()


def parse_json(text: bytes, place: str = "its manifest") -> Any:
    """Return what JSON says without double keys and NaN; raise ModelFileError for anything else.

    `place` is what of a file it is.
    """
    try:
        return json.loads(
            text.decode(),
            object_pairs_hook=_make_object,
            parse_constant=_refuse_constant,
            parse_float=_parse_finite,
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{place} is not the JSON that it should be ({error})") from error


def _parse(text: bytes) -> Manifest:
    manifest = parse_json(text)
    if not isinstance(manifest, dict):
        raise ModelFileError("its manifest is not a JSON object")
    _check_values(manifest, MAX_DEPTH)
    return manifest


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise ValueError("a key is given twice")
    return entries


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _parse_finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _check_values(value: object, depth: int) -> None:
    """Refuse what is nested too deep, and texts that would steer a terminal."""
    if depth == 0:
        raise ModelFileError(f"its manifest is nested more than {MAX_DEPTH} deep")
    if isinstance(value, str) and not is_printable(value):
        raise ModelFileError("a text in its manifest has control characters")
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for entry in value:
            _check_values(entry, depth - 1)


def _check_version(manifest: Manifest) -> None:
    version, requires = manifest.get("version"), manifest.get("requires")
    if type(version) is not int or version < 1 or not isinstance(requires, list):
        raise ModelFileError("its manifest does not say which version of the format it is")
    if version > VERSION:
        raise ModelFileError(
            f"is in format version {version}, not {VERSION}; install {_name_newer(manifest)}"
        )
    if any(feature not in FEATURES for feature in requires):
        raise ModelFileError(f"needs what this cnncli cannot do; install {_name_newer(manifest)}")


def _name_newer(manifest: Manifest) -> str:
    release = str(manifest.get("release"))
    known = re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}", release)
    return f"cnncli {release} or newer" if known else "a newer cnncli"
