"""Opens the network of a command: a model file, or a file of another tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncli.options import read_arch
from cnncli.terminal import note

if TYPE_CHECKING:
    from cnncli.exchange.given import Given
    from cnncli.layers.base import Shape
    from cnncli.trained.model import Trained


def open_trained(path: str, arch: str | None, **settings: Any) -> Trained:
    """Return the network in a file, and say what was chosen where the file says nothing.

    `arch` is the ARCH whose weights the file holds, `settings` are those of `trained.model.load`,
    which raises what this raises.
    """
    from cnncli.trained.model import load

    trained = load(path, given=gather_given(arch), **settings)
    for text in trained.notes:
        note(f"{path}: {text}")
    return trained


def gather_given(
    arch: str | None,
    input_shape: Shape | None = None,
    classes: str | None = None,
    preprocessing: str | None = None,
    **more: Any,
) -> Given:
    """Return what was said of a network beside its file; raise what `read_arch` raises.

    `more` is said as it is given.
    """
    from cnncli.exchange.given import Given

    text, usual_input, usual_classes = (None, None, None) if arch is None else read_arch(arch)
    if text is not None and usual_input is None:
        from cnncli.presets.comments import read_comments

        usual_input, usual_classes = read_comments(text)
    names = None
    if classes is not None:
        from cnncli.exchange.class_names import read_class_names

        names, notes = read_class_names(classes)
        for line in notes:
            note(f"{classes}: {line}")
    return Given(text, input_shape, names, preprocessing, usual_classes, usual_input, **more)
