"""What is told of a data set while a method looks at it."""

from __future__ import annotations

from cnncli.errors import DataError


class Watcher:
    """Is told how far a method is, and which samples it leaves out; this one does not listen."""

    def count(self, samples: int) -> None:
        """Take note of how many samples were looked at."""

    def report(self, error: DataError) -> None:
        """Take note of what is wrong with a sample."""
