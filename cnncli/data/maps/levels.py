"""Find which levels or colors of masks stand for which classes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from cnncli.data.images.file import decode_mask
from cnncli.data.images.mask import MOST, Mask
from cnncli.data.maps.survey import Survey
from cnncli.data.unreadable import FileError, UnreadableError
from cnncli.errors import DataError, UsageError, setting
from cnncli.samples import MaskedSamples, MaskLevels, check_label
from cnncli.text import TextError, read_text, split_lines

NAMES = "classes.txt"
LEVEL = r"\d{1,3}"
COLOR = rf"#[0-9a-fA-F]{{6}}|{LEVEL}[ ,]+{LEVEL}[ ,]+{LEVEL}"  # #ff0000, or 255 0 0
EXAMPLES = {"level": "255", "color": "#e0e0c0"}


def with_levels(samples: MaskedSamples, ignored: Sequence[str] = ()) -> MaskedSamples:
    """Return the samples with the levels of their masks; raise what `find_levels` raises.

    Masks that cannot be read are raised together, as UnreadableError.
    """
    levels, notices = find_levels(samples.folder, _decode_masks(samples), ignored)
    notices = samples.notices + notices
    return MaskedSamples(**{**vars(samples), "levels": levels, "notices": notices})


def _decode_masks(samples: MaskedSamples) -> Iterator[tuple[str, Mask]]:
    """Yield the masks that can be read, by path; in the end, raise UnreadableError for others."""
    bad: list[FileError] = []
    for path in samples.masks:
        try:
            yield path, decode_mask(path)
        except FileError as error:
            bad.append(error)
    if bad:
        raise UnreadableError(samples.where, bad, len(samples))


def find_levels(
    folder: str, masks: Iterable[tuple[str, Mask]], ignored: Sequence[str] = ()
) -> tuple[MaskLevels, tuple[str, ...]]:
    """Return the classes that occur in masks, in ascending order, and what there is to say.

    `masks` come with their paths. Classes are named by classes.txt in the folder if it is there.
    `ignored` are levels or colors that are no classes. Raises DataError where there are fewer than
    two classes or more than 64, or one has no name; UsageError for what `ignored` cannot mean.
    """
    survey = Survey(folder)
    for path, mask in masks:
        survey.add(path, mask)
    keys = survey.find_keys()
    left_out = sorted({_read_ignored(text, survey.word) for text in ignored})
    kept = [key for key in keys if key not in left_out]
    names = _read_names(folder, kept, survey) or {key: survey.write(key) for key in kept}
    names = {key: names[key] for key in sorted(names) if key not in left_out}
    _check_number(folder, names, survey)
    missing = [key for key in left_out if key not in keys]
    notices = [f"{folder}: no mask has the {survey.word} {survey.write(key)}, which is to be "
               "ignored" for key in missing]  # fmt: skip
    return _make_levels(names, left_out, survey), (*survey.describe(left_out), *notices)


def _check_number(folder: str, names: Collection[int], survey: Survey) -> None:
    """Raise DataError for too few classes or too many."""
    if not survey.find_keys():
        raise DataError(f"{folder}: no images with masks; add some", path=folder)
    if len(names) > MOST:
        raise DataError(
            f"{folder}: the masks have {len(names)} {survey.word}s, each of which would be a "
            f"class, and {MOST} are allowed; save masks as PNG, because JPEG changes their "
            f"{survey.word}s, and without smoothed edges",
            path=folder,
        )
    if len(names) < 2:
        kept = "".join(f" ({survey.write(key)})" for key in names)
        raise DataError(
            f"{folder}: the masks have only one {survey.word}{kept} or none to learn; training "
            "needs two or more",
            path=folder,
        )


def _make_levels(names: dict[int, str], ignored: Sequence[int], survey: Survey) -> MaskLevels:
    """Return classes with these names, by their keys; classes of no level get their number."""
    keys, titles = (*names, *ignored), tuple(names.values())
    palette = survey.make_palette(max(keys) + 1)
    if survey.scheme == "color":
        palette = b"".join(key.to_bytes(3, "big") for key in keys)
        keys = tuple(range(len(keys)))
    return MaskLevels(keys[: len(names)], titles, palette, keys[len(names) :])


def _read_ignored(text: str, word: str) -> int:
    """Return the level or color that is to be ignored; raise UsageError."""
    key = _read_key(text, word)
    if key is None:
        raise UsageError(
            f"{setting('ignored')} {text}: the masks have {word}s; give one, such as "
            f"'{EXAMPLES[word]}'"
        )
    return key


def _read_key(text: str, word: str) -> int | None:
    """Return a level from 0 to 255, or a color as 0xRRGGBB; None for anything else."""
    if word == "level":
        return int(text) if re.fullmatch(LEVEL, text) and int(text) < 256 else None
    if not re.fullmatch(COLOR, text):
        return None
    if text.startswith("#"):
        return int(text[1:], 16)
    channels = [int(part) for part in re.findall(r"\d+", text)]
    return int.from_bytes(bytes(channels), "big") if max(channels) < 256 else None


def _read_names(folder: str, keys: Sequence[int], survey: Survey) -> dict[int, str]:
    """Return the names in classes.txt, lines of a level or color and a name; none without it."""
    path = Path(folder, NAMES)
    if not path.is_file():
        return {}
    names: dict[int, str] = {}
    try:
        lines = split_lines(read_text(str(path)))
    except (OSError, TextError) as error:
        reason = error if isinstance(error, TextError) else "cannot be read"
        raise DataError(f"{path}: {reason}", path=str(path)) from error
    pattern = LEVEL if survey.word == "level" else COLOR
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = re.fullmatch(rf"\s*({pattern})\s+(.*\S)\s*", line)
        key = _read_key(match[1], survey.word) if match else None
        if match is None or key is None or key in names:
            kinds = {"level": "level from 0 to 255", "color": "color"}
            raise DataError(
                f"{path}, line {number}: {ascii(line)[:60]} is not a new {kinds[survey.word]} and "
                f"a name, such as '{EXAMPLES[survey.word]} membrane'",
                path=str(path),
            )
        names[key] = check_label(match[2], f"{path}, line {number}")
    missing = [key for key in keys if key not in names]
    if missing:
        raise DataError(
            f"{path}: {survey.word} {survey.write(missing[0])} occurs in the masks and has no "
            "name; add it",
            path=str(path),
        )
    return names
