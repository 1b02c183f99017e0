"""`cnncli train`: from labeled images to a model file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from cnncli import names
from cnncli.commands._data_options import (
    complain_of_broken,
    fail_for_broken,
    record_broken,
    skip_broken_option,
)
from cnncli.errors import UsageError
from cnncli.options import (
    IMAGE_SIZE,
    OUTPUT,
    batch_size_option,
    command,
    conv_algo_option,
    force_option,
    json_option,
    max_memory_option,
    optimizer_option,
    read_arch,
    seed_option,
    threads_option,
)
from cnncli.terminal import escape_on_terminal, note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.graph import Graph
    from cnncli.layers.base import Shape
    from cnncli.training.events import Done
    from cnncli.training.settings import Settings

OTHER_FORMATS = (
    ".h5", ".hdf5", ".keras", ".pt", ".pth", ".ckpt", ".onnx", ".pb", ".tflite", ".safetensors",
    ".pkl", ".pickle", ".joblib", ".mat", ".npy", ".zip", ".tar", ".gz", ".json", ".yaml", ".csv",
    ".txt", ".log", ".png", ".jpg", ".svg", ".html", ".py", ".c", ".cnn",
)  # fmt: skip
GROUPS = {
    "Model and task": ("output", "arch", "task", "loss", "init"),
    "Data": (
        "val", "skip_broken", "img_size", "length", "color", "resize", "normalize",
        "class_weights", "ignore",
    ),
    "Training": (
        "epochs", "batch_size", "lr", "lr_schedule", "warmup_epochs", "optimizer", "momentum",
        "weight_decay", "label_smoothing", "monitor", "seed",
    ),
}  # fmt: skip
POSITIVE = click.FloatRange(0, min_open=True)


@command(
    "cnncli train sample_data/digits -o digits.npz",
    "cnncli train sample_data/digits -o small.npz --arch lenet5 --epochs 3",
    groups=GROUPS,
)
@click.argument("data", metavar="DATA")
@click.option("-o", "--output", required=True, type=OUTPUT, metavar="MODEL.npz",
              help="The model file to write.")  # fmt: skip
@click.option("--arch", default="auto", show_default=True, metavar="ARCH",
              help="The network: a name, an architecture text, @FILE or auto.")  # fmt: skip
@click.option(
    "--task", type=click.Choice(["auto", *names.TASKS]), default="auto", show_default=True,
    help="What to learn. auto: what the labels suggest.",
)  # fmt: skip
@click.option(
    "--loss",
    metavar="NAME",
    help=f"The loss to minimize. For numbers: {', '.join(names.LOSSES['regress'])}, with settings "
    f"such as huber(0.5); for masks: {', '.join(names.LOSSES['segment'])}.  "
    "[default: the first of these]",
)
@click.option("--val", metavar="DIR|FRACTION",
              help="Images to validate on.  [default: val/ in DATA, else 0.1]")  # fmt: skip
@skip_broken_option
@click.option("--epochs", type=click.IntRange(0), metavar="N",
              help="Passes over the images.  [default: 20; above 5,000 images 15, above 20,000 "
              "10]")  # fmt: skip
@batch_size_option(None, "32; above 5,000 images 64; masks: 8 tiles")
@click.option("--lr", type=POSITIVE, metavar="X",
              help="Learning rate at its highest.  [default: by network, optimizer and data; "
              "printed]")  # fmt: skip
@optimizer_option
@click.option("--momentum", type=click.FloatRange(0, 1, max_open=True), metavar="X",
              help="Momentum of the optimizer; beta1 of adam and adamw.  [default: that of the "
              "optimizer]")  # fmt: skip
@click.option("--weight-decay", type=click.FloatRange(0), metavar="X",
              help="How strongly weights are pulled toward zero.  [default: by the length of the "
              "training; printed]")  # fmt: skip
@click.option("--lr-schedule", type=click.Choice(names.SCHEDULES),
              help="How the learning rate falls after warm-up.  [default: cosine]")  # fmt: skip
@click.option("--warmup-epochs", type=click.FloatRange(0), metavar="N",
              help="Epochs in which the learning rate rises to its full height.  [default: 500 "
              "steps, but at most 1 epoch]")  # fmt: skip
@click.option("--init", type=click.Choice(names.INIT_METHODS),
              help="Initial weights.  [default: by the next activation]")  # fmt: skip
@click.option("--label-smoothing", type=click.FloatRange(0, 1, max_open=True), metavar="X",
              help="Share of a target given to all classes.  [default: 0.1; masks: 0]")  # fmt: skip
@click.option("--class-weights", type=click.Choice(["auto", "none"]), default="none",
              show_default=True,
              help="auto: pixels of rare classes count more.")  # fmt: skip
@click.option("--ignore", multiple=True, metavar="LEVEL|COLOR",
              help="Pixels of masks that take no part in training and figures, such as 255 or "
              "'#e0e0c0'; may be given several times.")  # fmt: skip
@click.option("--monitor", type=click.Choice(names.MONITORS), metavar="NAME",
              help=f"The figure that decides which epoch is kept: {', '.join(names.MONITORS)}.  "
              "[default: val_loss]")  # fmt: skip
@click.option("--img-size", type=IMAGE_SIZE, metavar="N|HxW",
              help="Size of the images.  [default: what half of them have, else their "
              "median]")  # fmt: skip
@click.option("--length", type=click.IntRange(1, 10**7 - 1), metavar="N",
              help="Length of the signals in samples. Longer ones are cut to their middle, "
              "shorter ones get zeros around them.  [default: what 95 % fit into]")  # fmt: skip
@click.option("--color", type=click.Choice(["auto", "gray", "rgb"]), default="auto",
              show_default=True, help="auto: gray if all images are gray.")  # fmt: skip
@click.option("--resize-mode", "resize", type=click.Choice(["stretch", "crop", "pad"]),
              default="stretch", show_default=True,
              help="How images of another shape are fitted to the size.")  # fmt: skip
@click.option("--normalize", type=click.Choice(names.NORMALIZATIONS),
              default="standard", show_default=True,
              help="Normalization of each channel, by the training data. unit: 0 to 1 (signals: "
              "-1 to 1); standard: mean 0, deviation 1; minmax: lowest 0, highest 1; image: each "
              "image to the same mean and deviation.")  # fmt: skip
@conv_algo_option
@seed_option
@threads_option
@max_memory_option
@force_option
@json_option
def train(
    data: str,
    output: str,
    arch: str,
    task: str,
    loss: str | None,
    val: str | None,
    skip_broken: bool,
    img_size: tuple[int, int] | None,
    length: int | None,
    color: str,
    resize: str,
    normalize: str,
    class_weights: str,
    ignore: tuple[str, ...],
    threads: int,
    force: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Train a network on labeled images or signals and write it to one file.

    DATA is a folder with one folder per class; a folder with train/ and val/; a .csv, .tsv or
    .jsonl list of path,label (- for stdin); a .npz with x and y; a folder of IDX files; or a folder
    with images/ and masks/, from which tiles of --img-size are cut. Signals are .wav files, columns
    of .csv or .tsv files, .npy arrays or rows of a .npz.

    Labels are classes. Labels joined by |, such as a|b, give an image several labels. Other columns
    than label, such as path,height,width, or a float y, are numbers to learn.

    What you leave out is chosen by the number and size of the images or signals, and printed. The
    best epoch by --monitor is kept; an interrupted training keeps the best one so far. See also
    `cnncli help data` and `cnncli help training`.
    """
    from cnncli.commands._training_events import follow
    from cnncli.data.settings import DataSettings
    from cnncli.data.source import load_training
    from cnncli.model_file.atomic import check_writable
    from cnncli.training import run
    from cnncli.training.automatic import build_network

    if as_json and output == "-":
        raise UsageError("-o - writes the model to stdout, where --json goes; give a file")
    _refuse_other_formats(output)
    check_writable(output, force=force)
    text, preset_shape = _read_network(arch)
    training_data = load_training(
        data,
        task=task,
        loss=loss,
        val=_parse_val(val),
        settings=DataSettings(
            size=img_size,
            color=color,
            resize=resize,
            length=length,
            normalization=normalize,
            weighted=class_weights == "auto",
            ignored=ignore,
            preset=preset_shape,
        ),
        threads=threads,
        skip_broken=skip_broken,
    )
    complain_of_broken(training_data.broken)
    _describe_data(data, training_data)
    if text is not None:
        text = _adapt(arch, training_data.preprocessing.input_shape) or text
    graph = build_network(text, training_data)
    note(f"network: {graph.text}")
    settings = _choose_settings(graph, training_data, {**given, "threads": threads})
    done = follow(run.train(output, training_data, graph, settings), training_data)
    record = _record(done, training_data, graph)
    if as_json:
        write_json(record)
    else:
        (note if output == "-" else write_line)(_summary(record, training_data))
    fail_for_broken(training_data.broken)


def _refuse_other_formats(output: str) -> None:
    """Raise UsageError for a name that promises what a model file is not."""
    ending = os.path.splitext(output)[1].lower()  # noqa: PTH122 - pathlib takes its time to import
    if ending in OTHER_FORMATS:
        raise UsageError(
            f"{output}: a model file is no {ending} file; give a name that ends in .npz"
        )


def _parse_val(val: str | None) -> str | float | None:
    """Return a fraction, or the path of a data set; raise UsageError for other fractions."""
    try:
        fraction = float(val or "")
    except ValueError:
        return val
    if not 0 < fraction < 1:
        raise UsageError(f"--val {val}: give a fraction between 0 and 1, or a data set")
    return fraction


def _read_network(arch: str) -> tuple[str | None, Shape]:
    """Return the architecture's text, None for auto, and a preset's input; find mistakes early."""
    if arch == "auto":
        return None, ()
    from cnncli.notation import parse

    text, input_shape, _ = read_arch(arch)
    parse(text, 2)
    return text, input_shape or ()


def _adapt(arch: str, shape: Shape) -> str | None:
    """Return the text of a preset as `arch --for` adapts it to smaller inputs; say what changed."""
    from cnncli.presets.adaptation import adapt_to_smaller

    adapted = adapt_to_smaller(arch, shape)
    if adapted is None:
        return None
    size = "x".join(map(str, shape))
    note(f"{arch} is made for larger inputs; for {size} it is adapted as by `arch {arch} --for`:")
    for change in adapted.changes:
        note(f"  {change}")
    return adapted.text


def _describe_data(path: str, data: TrainingData) -> None:
    for notice in data.notices:
        note(notice)
    size = "x".join(map(str, data.preprocessing.input_shape))
    memory = (data.train.memory_bytes + data.val.memory_bytes) / 1e6
    note(
        f"{path}: {len(data.train)} {data.preprocessing.noun}s to train on, "
        f"{len(data.val)} to validate, {data.task.words.describe()}"
    )
    _describe_counts(path, data)
    note(f"input: {size}, {data.preprocessing.description}, {memory:.1f} MB in memory")


def _describe_counts(path: str, data: TrainingData) -> None:
    """Say how many samples each class or label has, and which have too few."""
    from cnncli.tasks.class_counts import describe_counts, warn_of_rare

    counts, names, noun = data.count_samples(), data.task.outputs, data.preprocessing.noun
    if counts is None:
        return
    note(f"{noun}s per {data.task.singular}: {describe_counts(names, counts)}")
    warning = warn_of_rare(names, counts, noun)
    if warning:
        note(f"{path}: {warning}")


def _choose_settings(graph: Graph, data: TrainingData, given: dict[str, Any]) -> Settings:
    """Return all settings of the training and say what they are."""
    from cnncli.training.settings import choose_settings

    given = {name: value for name, value in given.items() if value is not None}
    settings = choose_settings(given, graph, data.task, len(data.train))
    smoothing = f"label smoothing {settings.label_smoothing:g}, " if data.task.smoothing else ""
    note(
        f"settings: {settings.epochs} epochs, batches of {settings.batch_size}, "
        f"{settings.optimizer}, lr {settings.lr:g} {settings.lr_schedule}, "
        f"weight decay {settings.weight_decay:g}, {smoothing}seed {settings.seed}"
    )
    return settings


def _record(done: Done, data: TrainingData, graph: Graph) -> dict[str, Any]:
    """Return what --json writes."""
    task = data.task
    return {
        "schema": 1,
        "command": "train",
        "model": done.saved.path,
        "arch": graph.text,
        "params": graph.params,
        task.plural: list(task.outputs),
        "train_images": len(data.train),
        "val_images": len(data.val),
        **done.saved.figures,
        "seconds": done.seconds,
        "images_per_second": done.samples_per_second,
        "sha256": done.saved.sha256,
        **({"task": task.name} if task.to_manifest() else {}),
        **record_broken(data.broken),
    }


def _summary(record: dict[str, Any], data: TrainingData) -> str:
    """Return the record as a line for people."""
    name = escape_on_terminal(record["model"])
    if not record["epochs_run"]:
        return f"{name}: untrained network of {record['params']} parameters"
    parts = [f"{name}: epoch {record['best_epoch']} of {record['epochs_run']}"]
    if all(record[name] is not None for name in data.task.monitors):
        parts.append(data.task.words.summarize_validation(record, data.preprocessing.noun))
    else:
        parts.append(f"train loss {record['train_loss']:.4f}")
    return ", ".join([*parts, f"{record['params']} parameters", f"{record['seconds']:.1f} s"])
