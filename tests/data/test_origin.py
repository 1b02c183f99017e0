from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.data.origin import FEW, Known, Origin, Traces, take_traces
from cnncli.errors import ModelFileError
from cnncli.samples import Samples


def files(root: Path, names: list[str], content: str = "{}") -> Samples:
    """Samples of files that hold their names, or what `content` makes of them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content.format(name))
    paths = tuple(str(root / name) for name in names)
    return Samples(str(root), paths, tuple(names), ("a",) * len(names))


NAMES = [f"{label}/{number}.png" for label in "ab" for number in range(30)]


def test_samples_are_known_again_elsewhere_and_in_another_order(tmp_path: Path) -> None:
    traces = take_traces(files(tmp_path / "here", NAMES))
    assert traces.match(files(tmp_path / "there", NAMES[::-1]))
    assert (traces.count, len(traces.few)) == (60, FEW)


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "rewritten"])
def test_other_samples_do_not_match(tmp_path: Path, change: str) -> None:
    names = {
        "added": [*NAMES, "b/30.png"],
        "removed": NAMES[1:],
        "renamed": ["a/x.png", *NAMES[1:]],
        "rewritten": NAMES,
    }[change]
    content = "other {}" if change == "rewritten" else "{}"
    traces = take_traces(files(tmp_path / "old", NAMES))
    assert not traces.match(files(tmp_path / "new", names, content))


def test_samples_among_others_are_found_by_name_and_content(tmp_path: Path) -> None:
    traces = take_traces(files(tmp_path / "old", NAMES))
    more = [*NAMES, *(f"c/{number}.png" for number in range(40))]
    assert traces.occur_in(files(tmp_path / "more", more))
    assert not traces.occur_in(files(tmp_path / "same names", NAMES, "other {}"))
    assert not traces.occur_in(files(tmp_path / "other names", ["x.png"]))


@pytest.mark.parametrize("folder", ["old/", "", "old/more/"])
def test_files_are_found_in_another_list_of_them(tmp_path: Path, folder: str) -> None:
    listed = files(tmp_path, NAMES)
    traces = take_traces(replace(listed, keys=tuple(f"old/{name}" for name in NAMES)))
    found = replace(listed, keys=tuple(f"{folder}{name}" for name in NAMES))
    assert traces.occur_in(found)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_rows_of_arrays_are_compared_by_their_values(dtype: type) -> None:
    def rows(first: int) -> Samples:
        names = tuple(f"x[{i}]" for i in range(8))
        values = (np.arange(8 * 6) + first).astype(dtype).reshape(8, 2, 3, 1)
        return Samples("x.npz", names, names, ("a",) * 8, values)

    assert take_traces(rows(0)).match(rows(0))
    assert not take_traces(rows(0)).match(rows(1))
    assert not take_traces(rows(0)).occur_in(rows(1))
    assert take_traces(rows(0)).occur_in(rows(0))


def test_a_name_that_is_no_utf8_and_a_file_that_is_gone_are_no_obstacle(tmp_path: Path) -> None:
    names = ("a/\udcff.png", "a/gone.png")
    samples = Samples("set", tuple(f"{tmp_path}/{name}" for name in names), names, ("a", "a"))
    assert take_traces(samples).match(samples)
    assert not take_traces(samples).occur_in(samples)


def test_pages_of_a_stack_are_known_by_their_file(tmp_path: Path) -> None:
    def pages(folder: str, content: str) -> Samples:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "s.tif").write_text(content)
        names = tuple(f"{tmp_path}/{folder}/s.tif[{page}]" for page in range(5))
        keys = tuple(f"s.tif/{page}" for page in range(5))
        return Samples("set", names, keys, ("a",) * 5)

    traces = take_traces(pages("one", "slices"))
    assert traces.match(pages("two", "slices"))
    assert not traces.match(pages("three", "others"))


def test_an_origin_comes_back_from_json(tmp_path: Path) -> None:
    traces = take_traces(files(tmp_path, NAMES))
    for fraction in (None, 0.2):
        origin = Origin(fraction, traces, traces)
        assert Origin.from_manifest(json.loads(json.dumps(origin.to_manifest()))) == origin
    assert Origin.from_manifest(None) is None


GOOD = Origin(0.5, Traces(1, "a", (Known("b", "c"),)), Traces(2, "e", ())).to_manifest()


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {},
        GOOD | {"fraction": 1},
        GOOD | {"fraction": 2.0},
        GOOD | {"more": 1},
        GOOD | {"val": None},
        GOOD | {"val": {"count": "2", "names": "", "few": []}},
        GOOD | {"val": {"count": 2, "names": 7, "few": []}},
        GOOD | {"val": {"count": 2, "names": "", "few": {}}},
        GOOD | {"val": {"count": 2, "names": "", "few": [["a"]]}},
        GOOD | {"val": {"count": 2, "names": "", "few": [["a", 3]]}},
        GOOD | {"val": {"count": 2, "names": "", "few": [["a", "b"]] * 99}},
    ],
)
def test_an_origin_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ModelFileError, match="does not say what it was trained"):
        Origin.from_manifest(bad)
