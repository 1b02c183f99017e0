"""A report as one HTML file: nothing is fetched, and all but the pointer works without a script."""

from __future__ import annotations

from importlib.resources import files

from cnncli.errors import UsageError
from cnncli.render.report import Report


def check_jinja() -> None:
    """Raise UsageError where Jinja2 is not installed."""
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise UsageError('only Jinja2 writes reports: pip install "cnncli[report]"') from error


def write_page(report: Report) -> bytes:
    """Return the HTML of a report; equal reports give equal bytes."""
    from jinja2 import Environment, StrictUndefined

    folder = files(__package__)
    style, script, template = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("style.css", "script.js", "page.html")
    )
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    text = environment.from_string(template).render(report=report, style=style, script=script)
    return text.encode("utf-8", "replace")
