"""`train --init-from` and `--freeze`: what is taken over from elsewhere, and held still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncli.terminal import note
from cnncli.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncli.data.drawn_filters import DrawnFilters
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.data.source import TrainingData
    from cnncli.graph import Graph
    from cnncli.layers.base import Array
    from cnncli.trained.model import Trained
    from cnncli.training.checkpoint import Checkpoint

MOST_NAMED = 8  # drawn filters


class Origin(Value):
    """What a training begins from, or what a training that goes on knows of it."""

    preprocessing: AnyPreprocessing | None = None  # of a network
    arch: str = ""  # of the training that goes on
    inherited_from: str | None = None  # as in its settings
    new_layers: str = ""
    path: str = ""
    trained: Trained | None = None
    drawn: DrawnFilters | None = None  # without both the training goes on, and takes nothing over

    def adapt_to(self, data: TrainingData) -> str:
        """Return its architecture with as many outputs as the data ask for."""
        from cnncli.graph.head import change_outputs
        from cnncli.training.automatic import design_network

        if self.drawn is not None:
            return design_network(data)
        if self.trained is None:
            return self.arch
        return change_outputs(self.trained.graph, len(data.task.outputs)).text

    def inherit(
        self, graph: Graph, data: TrainingData, options: dict[str, Any]
    ) -> Mapping[str, Array]:
        """Return the parameters that a network takes over; say what they are.

        The settings that tell of it are added to the options.
        """
        from cnncli.training.inheritance import inherit_drawn, inherit_weights

        if self.drawn is not None:
            inherited = inherit_drawn(self.drawn, graph, options["init"], options["seed"])
            count = f"{len(self.drawn.names)} drawn filters for {next(iter(inherited.weights))}"
            note(f"begins from {self.path}: {count}: {', '.join(self.drawn.names[:MOST_NAMED])}")
        elif self.trained is not None:
            inherited = inherit_weights(self.trained, graph, data.task)
            note(f"begins from {self.path}: {len(inherited.weights)} arrays are taken over")
        else:
            options |= {"inherited_from": self.inherited_from, "new_layers": self.new_layers}
            return {}
        options |= {
            "inherited_from": inherited.sha256,
            "new_layers": ", ".join(inherited.new),
        }
        if inherited.head:
            note(f"  new for other outputs: {', '.join(inherited.head)}")
        for misfit in inherited.misfits:
            note(f"  new: {misfit}")
        return inherited.weights


def open_origin(path: str | None, before: Checkpoint | Trained | None) -> Origin | None:
    """Return the network or the drawn filters that a training begins from, if any.

    Where the training goes on, the file is needed no more. Raises ModelFileError for a file that is
    no model, DataError for filters that cannot be read.
    """
    from cnncli.data.drawn_filters import are_drawn, read_drawn_filters
    from cnncli.data.preprocessing import read_preprocessing
    from cnncli.trained.model import Trained, load

    if before is None:
        if path is None:
            return None
        if are_drawn(path):
            return Origin(path=path, drawn=read_drawn_filters(path))
        trained = load(path)
        return Origin(trained.preprocessing, path=path, trained=trained)
    if isinstance(before, Trained):
        arch, preprocessing = before.model.arch, before.preprocessing
        settings = before.model.training["settings"]
    else:
        arch, preprocessing = before.arch, read_preprocessing(before.preprocessing)
        settings = vars(before.settings)
    if settings.get("inherited_from") is None:
        return None
    return Origin(preprocessing, arch, settings["inherited_from"], settings["new_layers"])


def describe_frozen(graph: Graph, options: Mapping[str, Any]) -> None:
    """Say which layers are frozen; raise UsageError where they cannot be."""
    names, new = options["freeze"], options.get("new_layers")
    if not names:
        return
    from cnncli.graph.freezing import find_frozen
    from cnncli.training.inheritance import refuse_frozen_new

    frozen = find_frozen(graph, names)
    if new is not None:
        refuse_frozen_new(graph, names, new.split(", "))
    weighted = [node for node in graph.nodes if node.params]
    still = [node.name for node in weighted if node.name in frozen]
    moving = sum(node.params for node in weighted if node.name not in frozen)
    note(
        f"frozen{' as they are drawn' if new is None else ''}: {', '.join(still)}; to learn are "
        f"{moving} of {graph.params} parameters"
    )
