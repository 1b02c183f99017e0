"""`--skip-broken`, for the commands that read labeled data, and what they say of such files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cnncli.errors import SomeFailed
from cnncli.terminal import complain, name_options

if TYPE_CHECKING:
    from cnncli.data.unreadable import FileError

skip_broken_option = click.option(
    "--skip-broken", is_flag=True,
    help="Go on without files that cannot be read; report each, and exit with 4 in the end.",
)  # fmt: skip


def complain_of_broken(broken: Sequence[FileError]) -> None:
    """Report the files that were left out, a line for each."""
    for error in broken:
        complain(
            f"{error.path}: left out, not a readable {error.noun} ({name_options(error.reason)})"
        )


def record_broken(broken: Sequence[FileError]) -> dict[str, Any]:
    """Return what --json says of them: nothing where there are none."""
    skipped = [{"path": error.path, "error": name_options(error.reason)} for error in broken]
    return {"skipped": skipped} if skipped else {}


def fail_for_broken(broken: Sequence[FileError]) -> None:
    """Raise SomeFailed where files were left out."""
    if broken:
        raise SomeFailed(f"files that cannot be read and were left out: {len(broken)}; see above")
