"""Train, run and look inside convolutional neural networks from a terminal."""

# Nothing is imported here: Ctrl-C is not caught yet, and would show a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

    from cnncli.engine.network import Network
    from cnncli.trained.model import Trained

__version__ = "0.1.0"


def network(text: str, input_shape: tuple[int, ...], **options: "Any") -> "Network":
    """Return a network to call with images: `network("conv(6,5) >> relu", (32, 32, 3))`."""
    from cnncli.engine.network import Network  # not before it is asked for: --help stays quick

    return Network(text, input_shape, **options)


def load(path: "str | os.PathLike[str]", *, threads: int = 1, tta: bool = False) -> "Trained":
    """Open a trained network: `cnncli.load("digits.npz")`; raise ModelFileError.

    It works with so many threads; no result depends on it. With `tta` its answers are means over
    copies of a sample, as those of `predict --tta`.
    """
    from cnncli.trained.model import load

    return load(path, threads=threads, tta=tta)
