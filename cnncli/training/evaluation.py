"""What a network answers to images whose targets are known, as its task judges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncli.data.loader import Loader
    from cnncli.engine import Plan
    from cnncli.tasks import Task


def judge_batches(plan: Plan, images: Loader, task: Task) -> Iterator[Any]:
    """Run the network on all images, in the loader's order, and judge its answers."""
    for batch in images.epoch(0):
        for start in range(0, len(batch.targets), plan.setup.batch):
            targets = batch.targets[start : start + plan.setup.batch]
            count = len(targets)
            plan.input[:count] = batch.images[start : start + count]
            plan.forward(count)
            yield task.judge(plan.output[:count], targets)


def judge_all(plan: Plan, images: Loader, task: Task) -> Any:
    """Return what the network got on all images, as one."""
    parts = list(judge_batches(plan, images, task))
    return type(parts[0]).join(parts)
