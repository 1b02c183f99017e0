"""How the help of a command looks, and what every command has: -q, --no-color and -h."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from cnncli.docstrings import read_docstring
from cnncli.terminal import Preferences


class Help(click.Command):
    """A command whose help opens with its sentence and its examples."""

    examples: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}  # headings, and parameters under each
    lists: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] = {}  # what makes those at the end

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write sentence, examples, usage, the rest, options."""
        sentence, _, rest = (self.help or "").replace("\b", "").strip().partition("\n\n")
        formatter.write_text(" ".join(sentence.split()))
        formatter.write_paragraph()
        for example in self.examples:
            formatter.write(f"  {example}\n")
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        for paragraph in filter(None, rest.split("\n\n")):
            formatter.write_paragraph()
            formatter.write_text(" ".join(paragraph.split()))
        self.format_options(ctx, formatter)
        for heading, make_list in self.lists.items():
            with formatter.section(heading):
                formatter.write_dl(make_list())
        self.format_epilog(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under the headings of their groups, the rest under Options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name: option.get_help_record(ctx) for option in options}
        grouped = {name for members in self.groups.values() for name in members}
        rest = "Other options" if grouped else "Options"
        for heading, members in {**self.groups, rest: records.keys() - grouped}.items():
            with formatter.section(heading):
                listed = [record for name, record in records.items() if name in members and record]
                formatter.write_dl(listed)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


def _remember(name: str, value: Any) -> Callable[[click.Context, click.Parameter, bool], None]:
    def remember(_: click.Context, __: click.Parameter, given: bool) -> None:
        if given:
            setattr(Preferences, name, value)

    return remember


def command(
    *examples: str,
    groups: Mapping[str, tuple[str, ...]] | None = None,
    lists: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] | None = None,
) -> Callable[[Callable[..., None]], Help]:
    """Make a function a command with these examples, -q, --no-color and -h.

    `groups` are the headings that help has its options under, each with names of parameters;
    `lists` what makes the lists of terms and descriptions at its end, by their headings.
    """

    def make(function: Callable[..., None]) -> Help:
        for flags, name, value, text in (
            (("--no-color",), "color", False, "No color, even on a terminal."),
            (("-q", "--quiet"), "quiet", True, "Print nothing but errors on stderr."),
        ):
            function = click.option(
                *flags, is_flag=True, expose_value=False, callback=_remember(name, value), help=text
            )(function)
        name, text = function.__name__.replace("_", "-"), read_docstring(function)
        made = click.command(name, cls=Help, help=text)(function)
        made.params = made.params[2:] + made.params[:2]  # last of all in the list
        made.examples, made.groups, made.lists = examples, groups or {}, lists or {}
        return made

    return make
