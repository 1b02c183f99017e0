"""What a network answers to images whose targets are known, as its task judges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from cnncli.engine.tiling import Tiled

if TYPE_CHECKING:
    from cnncli.data.loader import Loader
    from cnncli.data.tiles import Whole
    from cnncli.engine import Plan
    from cnncli.tasks import Task


def judge_batches(plan: Plan | Tiled, images: Loader | Whole, task: Task) -> Iterator[Any]:
    """Run the network on all images, in the loader's order, and judge its answers."""
    if isinstance(plan, Tiled):
        whole = cast("Whole", images)
        for pixels, targets in whole.pairs():
            yield task.judge(plan(pixels, whole.normalize)[None], targets[None])
        return
    for batch in cast("Loader", images).epoch(0):
        for start in range(0, len(batch.targets), plan.setup.batch):
            targets = batch.targets[start : start + plan.setup.batch]
            count = len(targets)
            plan.input[:count] = batch.images[start : start + count]
            plan.forward(count)
            yield task.judge(plan.output[:count], targets)


def judge_all(plan: Plan | Tiled, images: Loader | Whole, task: Task) -> Any:
    """Return what the network got on all images, as one."""
    parts = list(judge_batches(plan, images, task))
    return type(parts[0]).join(parts)
