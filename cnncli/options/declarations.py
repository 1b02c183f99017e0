"""The options and arguments that several commands share, as decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cnncli import names
from cnncli.options.values import BYTES, SIZE, Named

Function = TypeVar("Function", bound=Callable[..., Any])


def _cpus() -> int:
    from cnncli.engine.threads import cpu_count

    return cpu_count()


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
force_option = click.option("-f", "--force", is_flag=True, help="Overwrite files that exist.")
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, metavar="N",
    help="Seed of all random numbers.",
)  # fmt: skip
optimizer_option = click.option(
    "--optimizer", type=Named(names.OPTIMIZERS), default="adamw", show_default=True,
    help="The optimizer, with settings where they are not the usual ones: 'adam(0.9, 0.98)'.",
)  # fmt: skip
threads_option = click.option(
    "-j", "--threads", type=click.IntRange(1, 1024), default=_cpus, metavar="N",
    help="Threads to use; results do not depend on it.  [default: the CPUs this process may use]",
)  # fmt: skip

conv_algo_option = click.option(
    "--conv-algo", type=click.Choice(["auto", "direct"]), default="auto", show_default=True,
    help="auto: use Winograd's algorithm for convolutions where it is faster. Results differ by "
    "rounding alone.",
)  # fmt: skip
classes_option = click.option(
    "--classes", type=click.IntRange(1), metavar="N", help="What `classes` in ARCH stands for."
)
input_option = click.option(
    "--input", "input_shape", type=SIZE, metavar="HxWxC",
    help="Size of an image (32x32x3) or signal (8000x1).  [default: that of the preset or model]",
)  # fmt: skip
arch_argument = click.argument("arch", metavar="ARCH")
model_argument = click.argument("model", metavar="MODEL")
weights_option = click.option(
    "--arch", metavar="ARCH",
    help="The network whose weights a file holds that does not say so itself: resnet18.",
)  # fmt: skip


tta_option = click.option(
    "--tta", is_flag=True,
    help="Average answers over copies: shifted by a pixel, and mirrored if the training did so.",
)  # fmt: skip


def _allow_memory(_: click.Context, __: click.Parameter, given: int | None) -> None:
    if given is not None:
        from cnncli.allowance import Allowance

        Allowance.bytes = given


def _make_memory_option(help: str) -> Callable[[Function], Function]:
    return click.option(
        "--max-memory", type=BYTES, metavar="SIZE", expose_value=False, callback=_allow_memory,
        help=help,
    )  # fmt: skip


max_memory_option = _make_memory_option(
    "The most memory to take for an image or signal, such as 4G.  "
    "[default: 512M to read it, 1G for a layer]"
)
training_memory_option = _make_memory_option(
    "The most memory that the training may take, such as 4G.  "
    "[default: what the machine and its limits leave]"
)


def batch_size_option(
    default: int | None, chosen: str | None = None
) -> Callable[[Function], Function]:
    """-b/--batch-size with this default; None where the command chooses, as `chosen` says."""
    return click.option(
        "-b", "--batch-size", type=click.IntRange(1, 65536), default=default, metavar="N",
        show_default=default is not None,
        help="Images per step." + (f"  [default: {chosen}]" if chosen else ""),
    )  # fmt: skip
