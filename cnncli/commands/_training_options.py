"""The options of a training, for the commands that train, or do as if."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from cnncli import names
from cnncli.commands._data_options import skip_broken_option
from cnncli.options import (
    DURATION,
    IMAGE_SIZE,
    FiniteRange,
    Function,
    batch_size_option,
    conv_algo_option,
    optimizer_option,
    seed_option,
    threads_option,
    training_memory_option,
)

GROUPS = {
    "Model and task": (
        "output", "dry_run", "log", "resume", "arch", "init_from", "freeze", "task", "loss", "init",
    ),
    "Data": (
        "val", "skip_broken", "img_size", "length", "color", "resize", "normalize",
        "class_weights", "ignore",
    ),
    "Training": (
        "epochs", "budget", "batch_size", "lr", "lr_schedule", "warmup_epochs", "optimizer",
        "momentum", "weight_decay", "augment", "label_smoothing", "clip", "average", "monitor",
        "patience", "min_delta", "keep", "seed",
    ),
}  # fmt: skip
POSITIVE = FiniteRange(0, min_open=True)
TASK_OPTION = click.option(
    "--task", type=click.Choice(["auto", *names.TASKS]), default="auto", show_default=True,
    help="What to learn. auto: what the labels suggest.",
)  # fmt: skip
AUGMENT_OPTION = click.option(
    "--augment", metavar="none|light|strong|TEXT|@FILE",
    help="How images and signals are changed at random, such as 'hflip, shift(2)'; see `cnncli "
    "layers --augment`.  [default: none; up to 5,000 gray images: small moves]",
)  # fmt: skip
NETWORK_OPTIONS = (
    click.option("--arch", default="auto", show_default=True, metavar="ARCH",
                  help="The network: a name, an architecture text, @FILE or auto."),
    click.option("--init-from", metavar="MODEL.npz|FILTERS",
                  help="Begin with the weights of a trained network that agree in name and shape, "
                  "and its preprocessing; auto takes its architecture. Or with filters drawn as "
                  "pictures in a folder, or as numbers in a .txt; see `cnncli help filters`."),
    click.option("--freeze", metavar="NAMES",
                  help="Layers that learn nothing, such as 'conv1, bn*', or features: all but the "
                  "head."),
    TASK_OPTION,
    click.option(
        "--loss",
        metavar="NAME",
        help=f"The loss to minimize. For numbers: {', '.join(names.LOSSES['regress'])}, with "
        f"settings such as huber(0.5); for masks: {', '.join(names.LOSSES['segment'])}.  "
        "[default: the first of these]",
    ),
    click.option("--init", type=click.Choice(names.INIT_METHODS),
                  help="Initial weights.  [default: by the next activation]"),
    conv_algo_option,
)  # fmt: skip
DATA_OPTIONS = (
    click.option("--val", metavar="DIR|FRACTION",
                  help="Images to validate on.  [default: val/ in DATA, else 0.1]"),
    skip_broken_option,
    click.option("--img-size", type=IMAGE_SIZE, metavar="N|HxW",
                  help="Size of the images.  [default: what half of them have, else their "
                  "median]"),
    click.option("--length", type=click.IntRange(1, 10**7 - 1), metavar="N",
                  help="Length of the signals in samples. Longer ones are cut to their middle, "
                  "shorter ones get zeros around them.  [default: what 95 % fit into]"),
    click.option("--color", type=click.Choice(["auto", "gray", "rgb"]), default="auto",
                  show_default=True, help="auto: gray if all images are gray."),
    click.option("--resize-mode", "resize", type=click.Choice(["stretch", "crop", "pad"]),
                  help="How images of another shape are fitted to the size.  [default: stretch]"),
    click.option("--normalize", type=click.Choice(names.NORMALIZATIONS),
                  help="Normalization of each channel, by the training data. unit: 0 to 1 "
                  "(signals: -1 to 1); standard: mean 0, deviation 1; minmax: lowest 0, highest 1; "
                  "image: each image to the same mean and deviation.  [default: standard]"),
    click.option("--ignore", multiple=True, metavar="LEVEL|COLOR",
                  help="Pixels of masks that take no part in training and figures, such as 255 or "
                  "'#e0e0c0'; may be given several times."),
)  # fmt: skip
LEARNING_OPTIONS = (
    click.option("--epochs", type=FiniteRange(0), metavar="N",
                  help="Passes over the images; fractions, such as 9.5, too.  [default: 20; above "
                  "5,000 images 15, above 20,000 10]"),
    click.option("--budget", type=DURATION, metavar="90s|5m|1h",
                  help="Train for so long instead, from the start of the command to its end.  "
                  "[default: as --epochs says]"),
    batch_size_option(None, "32; above 5,000 images 64; masks: 8 tiles"),
    click.option("--lr", type=POSITIVE, metavar="X",
                  help="Learning rate at its highest.  [default: by network, optimizer and data; "
                  "printed]"),
    click.option("--lr-schedule", type=click.Choice(names.SCHEDULES),
                  help="How the learning rate falls after warm-up.  [default: cosine]"),
    click.option("--warmup-epochs", type=FiniteRange(0), metavar="N",
                  help="Epochs in which the learning rate rises to its full height.  [default: 500 "
                  "steps, but at most 1 epoch and half of all; onecycle: 0]"),
    optimizer_option,
    click.option("--momentum", type=FiniteRange(0, 1, max_open=True), metavar="X",
                  help="Momentum of the optimizer; beta1 of adam and adamw.  [default: that of the "
                  "optimizer]"),
    click.option("--weight-decay", type=FiniteRange(0), metavar="X",
                  help="How strongly weights are pulled toward zero.  [default: by the length of "
                  "the training; printed]"),
    AUGMENT_OPTION,
    click.option("--class-weights", type=click.Choice(["auto", "none"]), default="none",
                  show_default=True,
                  help="auto: rare classes, labels or classes of pixels count as much as "
                  "common ones."),
    click.option("--label-smoothing", type=FiniteRange(0, 1, max_open=True), metavar="X",
                  help="Share of a target given to all classes.  [default: 0.1; masks: 0]"),
    click.option("--clip", type=POSITIVE, metavar="X",
                  help="Shorten gradients that are longer than X.  [default: never]"),
    click.option("--average", type=FiniteRange(0, 1, min_open=True, max_open=True), metavar="X",
                  help="Validate and save an exponential moving average of the weights with this "
                  "decay, such as 0.999.  [default: none]"),
    click.option("--monitor", type=click.Choice(names.MONITORS), metavar="NAME",
                  help="The figure that decides which epoch is best: "
                  f"{', '.join(names.MONITORS)}.  [default: val_loss]"),
    click.option("--patience", type=click.IntRange(1), metavar="N",
                  help="End after N epochs in a row that are no better.  [default: never]"),
    click.option("--min-delta", type=FiniteRange(0), metavar="X",
                  help="How much better an epoch is to be for --patience.  [default: 0]"),
    click.option("--keep", type=click.Choice(names.KEPT),
                  help="The network that is saved: of the best epoch, of the last, or the average "
                  "at the end.  [default: best]"),
)  # fmt: skip
RUN_OPTIONS = (seed_option, threads_option, training_memory_option)


def training_options(function: Function) -> Function:
    """Give a command all options of a training, which `prepare_training` reads."""
    options = (*NETWORK_OPTIONS, *DATA_OPTIONS, *LEARNING_OPTIONS, *RUN_OPTIONS)
    return _add(options, function)


def preview_options(function: Function) -> Function:
    """Give a command the options of a training that change what a network sees."""
    return _add((TASK_OPTION, *DATA_OPTIONS, AUGMENT_OPTION, *RUN_OPTIONS), function)


def _add(options: Sequence[Callable[[Function], Function]], function: Function) -> Function:
    for option in reversed(options):
        function = option(function)
    return function
