"""`cnncli help`: short pages on what several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from cnncli.errors import UsageError, did_you_mean
from cnncli.options import command, json_option
from cnncli.terminal import wants_color, write_json, write_line

FOLDER = Path(__file__).parent.parent / "help"
TOPICS = (  # in the order in which a newcomer reads them; each is a page of FOLDER
    "data", "images", "signals", "masks", "notation", "training", "augmentation", "transfer",
    "exchange", "onnx", "c", "planning", "stopping", "figures", "methods", "filters", "neurons",
    "model-file", "reproducibility", "speed", "python", "exit-codes", "changes", "development",
)  # fmt: skip


@command("cnncli help", "cnncli help data")
@click.argument("topic", metavar="[TOPIC]", required=False)
@json_option
@click.pass_context
def help(ctx: click.Context, topic: str | None, as_json: bool) -> None:
    """Show a short page on data, the notation, training and other topics.

    Without TOPIC the topics are listed. The name of a command shows the help of that command.
    """
    if topic is None:
        _list_topics(as_json)
        return
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    if topic in TOPICS:
        text = read_page(topic)
    elif subject := group.get_command(ctx, topic):
        text = subject.get_help(click.Context(subject, ctx.parent, topic)) + "\n"
    else:
        names = [*TOPICS, *group.list_commands(ctx)]
        hint = did_you_mean(topic, names) or "; see 'cnncli help'"
        raise UsageError(f"no topic {topic!r}{hint}")
    if as_json:
        write_json({"schema": 1, "command": "help", "topic": topic, "text": text})
        return
    write_line((_style(text) if wants_color() else text).rstrip("\n"))


def read_page(topic: str) -> str:
    """Return the Markdown of a topic."""
    return (FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def _list_topics(as_json: bool) -> None:
    """Write each topic with the sentence that follows the heading of its page."""
    sentences = {topic: read_page(topic).splitlines()[2].rstrip(".") for topic in TOPICS}
    if as_json:
        topics = [{"name": topic, "summary": text} for topic, text in sentences.items()]
        write_json({"schema": 1, "command": "help", "topics": topics})
        return
    width = max(map(len, TOPICS))
    for topic, sentence in sentences.items():
        write_line(f"{topic:{width}}  {sentence}")


def _style(page: str) -> str:
    """Set headings and what is typed in bold, and dim the fences of blocks."""
    lines, in_block = [], False
    for line in page.splitlines():
        if line.startswith("```"):
            in_block = not in_block
            line = click.style(line, dim=True)
        elif line.startswith("$ " if in_block else "#"):
            line = click.style(line, bold=True)
        lines.append(line)
    return "\n".join(lines)
