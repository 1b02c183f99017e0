import numpy as np
import pytest

from cnncli.errors import ArchitectureError, UsageError
from cnncli.exchange.completion import complete, replace_names
from cnncli.exchange.given import Given
from cnncli.graph import build_graph
from cnncli.notation import parse


def complete_text(text, shape=(6, 8, 3), **given):
    graph = build_graph(parse(text), shape)
    weights = {
        f"{node.name}/{name}": np.zeros(parameter.shape, np.float32)
        for node in graph.nodes
        for name, parameter in node.layer.parameters(*node.input_shapes).items()
    }
    return complete(graph, weights, Given(**given))


def test_a_vector_of_outputs_becomes_classes_with_numbers_for_names():
    imported = complete_text("dense(3)")
    assert imported.model.classes == ["0", "1", "2"] and imported.model.task == {}
    assert imported.notes[0].startswith("the classes are called 0 to 2; convert with ")


def test_names_that_are_given_are_taken():
    imported = complete_text("dense(2)", classes=("cat", "dog"), preprocessing="unit")
    assert imported.model.classes == ["cat", "dog"] and imported.notes == ()


def test_a_map_of_outputs_gives_each_pixel_a_class():
    model = complete_text("conv(2, 3, pad=1)").model
    assert model.task["name"] == "segment" and model.task["levels"] == [0, 1]
    assert model.preprocessing["resize"] == "none"


def test_a_number_of_names_that_is_not_that_of_the_outputs_is_refused():
    with pytest.raises(UsageError, match="2 names for the 3 outputs"):
        complete_text("dense(3)", classes=("cat", "dog"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("conv(2, 3)", "the output"),
        ("conv(300, 1)", "gives each pixel one of 300 classes; masks have at most 256"),
    ],
)
def test_an_output_that_no_task_has_is_refused(text, fault):
    with pytest.raises(ArchitectureError, match=fault):
        complete_text(text)


def test_a_whole_model_takes_other_names_and_another_preprocessing_but_no_other_network():
    model = complete_text("dense(2)").model
    changed = replace_names(model, Given(classes=("cat", "dog"), preprocessing="none")).model
    assert changed.classes == ["cat", "dog"] and changed.preprocessing["scale"] == [1.0] * 3
    assert model.classes == ["0", "1"]
    with pytest.raises(UsageError, match="1 names for the 2 outputs"):
        replace_names(model, Given(classes=("cat",)))
    with pytest.raises(UsageError, match="leave out arch"):
        replace_names(model, Given(arch="dense(2)"))
    with pytest.raises(UsageError, match="leave out input_shape"):
        replace_names(model, Given(input_shape=(3, 3, 3)))
