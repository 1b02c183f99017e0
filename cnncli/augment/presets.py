"""Augmentations with a name, chosen by experiment."""

from __future__ import annotations

PRESETS = {
    "image": {
        "light": "shift(0.07), rotate(5), scale(0.05)",
        "strong": "hflip, shift(0.1), rotate(10), scale(0.1), shear(5)",
    },
    "signal": {},
}
