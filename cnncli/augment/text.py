"""An augmentation as people write it: hflip, shift(2), rotate(10), or the name of a preset."""

from __future__ import annotations

from cnncli.augment.augmentation import NONE, Augmentation
from cnncli.augment.base import STEPS, Shape, Step
from cnncli.augment.presets import PRESETS
from cnncli.errors import ArchitectureError, UsageError, did_you_mean, setting
from cnncli.notation.grammar import read_calls
from cnncli.notation.tree import Call

EXAMPLE = "hflip, shift(2)"
PRESET_NAMES = {name for presets in PRESETS.values() for name in presets}


def check_text(text: str) -> None:
    """Raise UsageError for a text that neither images nor signals can take."""
    try:
        _read(text, "signal")
    except UsageError:
        _read(text, "color image")


def read_augmentation(text: str, shape: Shape) -> Augmentation:
    """Return the augmentation of a text, for inputs of this shape: (H, W, C) or (L, C) of a signal.

    Steps stand between commas or on lines of their own. Raises UsageError, which names the column.
    """
    if len(shape) == 2:
        return _read(text, "signal")
    return _read(text, "color image" if shape[2] == 3 else "gray image")


def _read(text: str, kind: str) -> Augmentation:
    """Return the augmentation of a text for what the presets are grouped by."""
    if text.strip() == "none":
        return NONE
    try:
        calls = read_calls(PRESETS[kind].get(text.strip(), text))
        steps = tuple(_read_step(call, kind.split()[-1]) for call in calls)
    except ArchitectureError as error:
        raise UsageError(f"{setting('augment')}: {error.message}") from None
    if not steps:
        raise UsageError(f"{setting('augment')} is empty; write steps such as {EXAMPLE}, or none")
    return Augmentation(steps)


def _read_step(call: Call, noun: str) -> Step:
    name, known = call.token.text, STEPS[noun]
    if name in PRESET_NAMES:
        raise call.token.location.error(f"{name} stands for steps of its own; write it alone")
    if name not in known:
        others = [other for other, steps in STEPS.items() if name in steps]
        if others:
            raise call.token.location.error(
                f"{name} is for {others[0]}s, and these are {noun}s; take {', '.join(known)}"
            )
        hint = did_you_mean(name, [*known, *PRESET_NAMES])
        raise call.token.location.error(
            f"no step is called {name!r}" + (hint or "; `cnncli layers --augment` lists them")
        )
    return call.make(known[name], lambda amount: amount.text)
