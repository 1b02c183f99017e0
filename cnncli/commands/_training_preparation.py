"""From the options of a training to what it works with: data, network and settings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cnncli.errors import UsageError
from cnncli.options import read_arch, read_file_argument
from cnncli.terminal import note
from cnncli.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncli.commands._inheritance import Origin
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.data.settings import DataSettings
    from cnncli.data.source import TrainingData
    from cnncli.graph import Graph
    from cnncli.layers.base import Array, Shape
    from cnncli.trained.model import Trained
    from cnncli.training.checkpoint import Checkpoint
    from cnncli.training.settings import Settings

AUTO = "auto"  # the architecture that is left to us


class Prepared(Value):
    """All that a training depends on."""

    data: TrainingData
    graph: Graph
    settings: Settings
    inherited: Mapping[str, Array] | None = None  # parameters of the network it begins from
    deadline: float = math.inf  # of time.monotonic(), after which no step is to begin


def prepare_training(
    path: str, options: dict[str, Any], before: Checkpoint | Trained | None = None
) -> Prepared:
    """Read the data, build the network and choose the settings; say what was found and chosen.

    `options` are the values of `training_options` by name. `before` is where a training goes on:
    there it has what it once took from another network.
    """
    budget = options.pop("budget")
    if budget is not None and options["epochs"] is not None:
        raise UsageError("--budget chooses the number of epochs; leave --epochs out")
    from cnncli.commands._inheritance import describe_frozen, open_origin
    from cnncli.commands._recipe import apply_recipe
    from cnncli.training.automatic import build_network, design_network

    arch = options.pop("arch")
    origin = open_origin(options.pop("init_from"), before)
    text, preset_shape = _read_network(arch)
    options["augment"] = read_augment(options["augment"])
    data = load_data(path, preset_shape, options, origin)
    if text is None:
        text = design_network(data) if origin is None else origin.adapt_to(data)
    apply_recipe(text, options)
    if arch != AUTO:
        text = _adapt(arch, data.preprocessing.input_shape) or text
    graph = build_network(text, data)
    note(f"network: {graph.text}")
    inherited = None if origin is None else origin.inherit(graph, data, options)
    describe_frozen(graph, options)
    given = {name: value for name, value in options.items() if value is not None}
    if budget is not None:
        settings, deadline = _plan(budget, data, graph, given)
    else:
        from cnncli.training.settings import choose_settings

        settings, deadline = choose_settings(given, graph, data.task, len(data.train)), math.inf
    _describe_settings(settings, data)
    return Prepared(data, graph, settings, inherited, deadline)


def _plan(
    seconds: float, data: TrainingData, graph: Graph, given: dict[str, Any]
) -> tuple[Settings, float]:
    """Return settings with as many epochs as fit into a budget, and when it ends; say how many."""
    from cnncli.training.budget import Budget, find_start

    given.pop("epochs", None)  # of a recipe
    settings, deadline = Budget(seconds, find_start()).plan(data, graph, given)
    note(
        f"budget: {settings.epochs} epochs fit into {seconds:g} s; --epochs {settings.epochs} "
        "without --budget ends with the same model"
    )
    return settings, deadline


def _read_network(arch: str) -> tuple[str | None, Shape]:
    """Return the architecture's text, None for auto, and a preset's input; find mistakes early."""
    if arch == AUTO:
        return None, ()
    from cnncli.notation import parse

    text, input_shape, _ = read_arch(arch)
    parse(text, 2)
    return text, input_shape or ()


def read_augment(augment: str | None) -> str | None:
    """Return the text of an augmentation; find mistakes early."""
    if augment is None:
        return None
    from cnncli.augment.text import check_text

    text = read_file_argument(augment)
    check_text(text)
    return text


def load_data(
    path: str, preset_shape: Shape, options: dict[str, Any], origin: Origin | None = None
) -> TrainingData:
    """Read the data as the options ask for, which are taken out; describe them."""
    from cnncli.commands._data_options import complain_of_broken
    from cnncli.data.source import load_training

    like = None if origin is None else origin.preprocessing
    settings = _read_data_settings(preset_shape, like, options)
    data = load_training(
        path,
        task=options.pop("task"),
        loss=options.pop("loss"),
        val=_parse_val(options.pop("val")),
        settings=settings,
        threads=options["threads"],
        skip_broken=options.pop("skip_broken"),
    )
    complain_of_broken(data.broken)
    _describe_data(path, data, settings.weighted)
    return data


def _read_data_settings(
    preset_shape: Shape, like: AnyPreprocessing | None, options: dict[str, Any]
) -> DataSettings:
    from cnncli.data.settings import DataSettings

    return DataSettings(
        size=options.pop("img_size"),
        color=options.pop("color"),
        resize=options.pop("resize"),
        length=options.pop("length"),
        normalization=options.pop("normalize"),
        weighted=options.pop("class_weights") == "auto",
        ignored=options.pop("ignore"),
        preset=preset_shape,
        like=like,
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


def _describe_data(path: str, data: TrainingData, weighted: bool) -> None:
    for notice in data.notices:
        note(notice)
    size = "x".join(map(str, data.preprocessing.input_shape))
    memory = (data.train.memory_bytes + data.val.memory_bytes) / 1e6
    note(
        f"{path}: {len(data.train)} {data.preprocessing.noun}s to train on, "
        f"{len(data.val)} to validate, {data.task.words.describe()}"
    )
    _describe_counts(path, data, weighted)
    note(f"input: {size}, {data.preprocessing.description}, {memory:.1f} MB in memory")


def _describe_counts(path: str, data: TrainingData, weighted: bool) -> None:
    """Say how many samples each class or label has, and which have too few.

    `weighted`: whether rare ones count more.
    """
    from cnncli.tasks.class_counts import describe_counts, warn_of_rare

    counts, names, noun = data.count_samples(), data.task.outputs, data.preprocessing.noun
    if counts is None:
        return
    note(f"{noun}s per {data.task.singular}: {describe_counts(names, counts)}")
    warning = warn_of_rare(names, counts, noun)
    if warning:
        hint = "" if weighted else "; --class-weights auto lets them count more"
        note(f"{path}: {warning}{hint}")


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


def _describe_settings(settings: Settings, data: TrainingData) -> None:
    smoothing = f"label smoothing {settings.label_smoothing:g}, " if data.task.smoothing else ""
    limits = "".join(
        f"{name} {value:g}, "
        for name in ("clip", "average", "patience")
        if (value := getattr(settings, name)) is not None
    )
    note(
        f"settings: {settings.epochs} epochs, batches of {settings.batch_size}, "
        f"{settings.optimizer}, lr {settings.lr:g} {settings.lr_schedule}, "
        f"weight decay {settings.weight_decay:g}, {smoothing}{limits}seed {settings.seed}"
    )
    if settings.augment != "none":
        note(f"augmentation: {settings.augment}")
