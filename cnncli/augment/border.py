"""What lies outside of an image, where one that is moved shows it."""

from __future__ import annotations

from cnncli.augment.base import ImageStep
from cnncli.settings import choice, setting

BORDERS = ("reflect", "edge", "zero")  # as the kernel numbers them


class Border(ImageStep, name="border"):
    """What moved images show outside of the original: zero is black, and no class in a mask."""

    kind: str = setting(choice(*BORDERS), "reflect")

    examples = ("border(zero)", "border(edge)", "border")
    still = "border"
