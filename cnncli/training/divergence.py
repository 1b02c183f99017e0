"""What there is to say of a training whose numbers are no longer finite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncli.errors import DivergedError, setting

if TYPE_CHECKING:
    from cnncli.data.batches.batch import Batch, Batches

NAMED = 3  # samples of a batch in an error


def build_error(figure: str, place: str, lr: float) -> DivergedError:
    """Return the error of a figure at a place; `lr` is the learning rate at its highest."""
    return DivergedError(
        f"{place}: the {figure} is no longer a finite number; "
        f"try a smaller {setting('lr')} than {lr:g}"
    )


def describe_step(rate: float, batch: Batch, batches: Batches) -> str:
    """Return the learning rate of a step and what is in its batch, the largest values first.

    A value that is far too large in one sample is as good a cause as a learning rate.
    """
    largest = np.abs(batch.inputs.reshape(len(batch.inputs), -1)).max(axis=1)
    order = np.argsort(-np.nan_to_num(largest, nan=np.inf), kind="stable")
    names = list(dict.fromkeys(batches.name_samples(batch.indices[order])))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"lr {rate:.3g}, with {', '.join(names[:NAMED])}{more}"
