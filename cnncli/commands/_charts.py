"""Charts as files, for the commands that draw some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.commands._pictures import check_picture_output

if TYPE_CHECKING:
    from cnncli.render.chart import Chart


def check_chart_output(output: str | None, *, force: bool, as_json: bool) -> None:
    """Raise UsageError for a file that no chart can be written to, before any work."""
    check_picture_output(output, (".png", ".svg"), force=force, as_json=as_json)


def write_chart(output: str, chart: Chart, *, force: bool) -> None:
    """Write a chart as SVG or PNG, by the name of the file; stdout gets a PNG."""
    from cnncli.model_file.atomic import write_atomically
    from cnncli.render.chart.page import draw_page

    page = draw_page(chart)
    if output.lower().endswith(".svg"):
        from cnncli.render.strokes.svg import write_svg

        contents = "".join(f"{line}\n" for line in write_svg(page)).encode(errors="replace")
    else:
        from cnncli.render.png import encode_png
        from cnncli.render.strokes.picture import paint_page

        contents = encode_png(paint_page(page))
    write_atomically(output, contents, force=force)
