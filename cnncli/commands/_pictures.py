"""Files that pictures are written to, for the commands that draw some."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cnncli.errors import UsageError


def check_picture_output(
    output: str | None, endings: Sequence[str], *, force: bool, as_json: bool
) -> None:
    """Raise UsageError for a file that cannot be written, or has another ending, before any work.

    What goes to stdout is a PNG.
    """
    if output is None:
        return
    from cnncli.model_file.atomic import check_writable

    if output == "-":
        if as_json:
            raise UsageError("--json and -o - both go to stdout; give -o the name of a file")
        if sys.stdout.isatty():
            raise UsageError("stdout is a terminal, which cannot show a PNG; send it to a file")
    elif Path(output).suffix.lower() not in endings:
        known = " or ".join(endings)
        raise UsageError(f"{output}: no such kind of output; use a name that ends in {known}")
    check_writable(output, force=force)
