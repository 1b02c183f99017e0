"""Choose the part of a data set that a trained network is judged on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncli.data.split import set_aside
from cnncli.errors import DataError, setting
from cnncli.samples import Samples

if TYPE_CHECKING:
    from cnncli.data.origin import Origin
    from cnncli.data.source import Source
    from cnncli.tasks import Task

VERBS = {"train": "trained", "val": "validated"}
HELD_OUT = "held-out"  # what a network was validated on, or has never seen


class Part(NamedTuple):
    """Some of the samples of a set."""

    samples: Samples
    split: str  # test, val, train or all
    notices: tuple[str, ...] = ()
    fault: DataError | None = None  # why it is not what was asked for; files may be broken, too
    is_known: bool = False  # whether the model was trained on some of it, where nobody asked for it


def choose_part(
    source: Source, task: Task, split: str | None, origin: Origin | None, noun: str
) -> Part:
    """Return the part to judge a network of this origin on; raise DataError where there is none.

    "train" and "val" are what it was trained and validated on, "test" is the part of that name.
    None takes test, else val, else all. Of a set that the network has never seen, and where its
    origin is not known, "train" and "val" are the parts of these names. HELD_OUT takes val, or all
    of a set without samples that it was trained on, a part called test or not.
    """
    if split == "all":
        return Part(source.read_all(), split)
    if split == "test" or (split is None and "test" in source.splits):
        return Part(source.read("test"), "test")
    if origin is None:
        return _choose_by_name(source, None if split == HELD_OUT else split)
    parts = _divide(source, task, origin)
    if split is None or split == HELD_OUT:
        part = _choose_held_out(source, parts, origin, noun)
        if split == HELD_OUT and part.is_known:
            raise DataError(
                f"{source.path}: holds {noun}s the model was trained on, which it knows too well; "
                "give the set as it was then, or another",
                path=source.path,
            )
        return part
    traces = {"train": origin.train, "val": origin.val}[split]
    if split in parts and traces.match(parts[split]):
        return Part(parts[split], split)
    is_known = any(
        known.occur_in(part) for part in parts.values() for known in (origin.train, origin.val)
    )
    if split in source.splits and not is_known:
        notice = f"{source.path}: called {split}, but not what the model was {VERBS[split]} on"
        return Part(source.read(split), split, (notice,))
    fault = DataError(
        f"{source.path}: not the {traces.count} {noun}s the model was {VERBS[split]} on, or files "
        f"were added or taken away; give that set, or leave {setting('split')} out",
        path=source.path,
    )
    if split not in parts:
        raise fault
    return Part(parts[split], split, fault=fault)


def _choose_by_name(source: Source, split: str | None) -> Part:
    """Return a part for a model that does not say what it was trained on."""
    unknown = f"{source.path}: the model does not say what it was trained and validated on"
    split = split or ("val" if "val" in source.splits else "all")
    if split == "all":
        return Part(source.read_all(), split, (f"{unknown}, which may be among these",))
    if split not in source.splits:
        raise DataError(f"{unknown}; give {setting('split')} all", path=source.path)
    return Part(source.read(split), split, (f"{unknown}; judged is what is called {split}",))


def _divide(source: Source, task: Task, origin: Origin) -> dict[str, Samples]:
    """Return what training would have taken of a set, train and val, as far as it is there."""
    parts = {}
    if not source.splits or "train" in source.splits:
        parts["train"] = source.read("train" if source.splits else None)
    if origin.fraction is None and (not source.splits or "val" in source.splits):
        parts["val"] = source.read("val" if source.splits else None)
    if origin.fraction is not None and parts:
        whole = parts["train"]
        parts["train"], parts["val"] = set_aside(whole, origin.fraction, task.stratify(whole))
    return parts


def _choose_held_out(source: Source, parts: dict[str, Samples], origin: Origin, noun: str) -> Part:
    """Return what the model was validated on, else all; say where it was trained on some of it."""
    trained = any(origin.train.occur_in(part) for part in parts.values())
    seen = f"{source.path}: holds {noun}s the model was trained on"
    if "val" in parts and origin.val.match(parts["val"]):
        notice = f"{seen}; only those it was validated on are judged"
        return Part(parts["val"], "val", (notice,) if trained else ())
    if not trained:
        return Part(source.read_all(), "all")
    if len(parts.get("val", ())) and origin.fraction is None and source.splits:
        notice = f"{seen}, and others than then; only its val part is judged"
        return Part(parts["val"], "val", (notice,))
    notice = (
        f"{seen}, so the figures are too good; what was held out is known in the set as it was then"
    )
    return Part(source.read_all(), "all", (notice,), is_known=True)
