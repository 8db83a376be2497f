"""The command line: `selfcard`, and `selfcard COMMAND --help` for everything it does.

Errors are one sentence and exit code 1 (2 for a mistyped command line); a
traceback means a mistake of ours.
"""

from typing import Any

import click

from selfcard import __version__
from selfcard.launcher.errors import Trouble

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class PlainSpoken(click.Group):
    """A group of commands that says what a person can mend in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Trouble as trouble:
            raise click.ClickException(str(trouble)) from trouble


@click.group(cls=PlainSpoken, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="Selfcard")
def main() -> None:
    """Self-service insurance cards, from the printer to the policy."""


@main.command()
@click.argument("rooms", nargs=-1, metavar="[ROOM]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if anything is untranslated.")
def messages(rooms: tuple[str, ...], check: bool) -> None:
    """Write the message catalogs from the sources, and compile them.

    Each ROOM keeps its own catalog, locale/zh_Hans/LC_MESSAGES/django.po in its
    folder; without a ROOM, all are written. Translations stay, new messages are
    added empty, and what no source speaks any more is dropped.

    \b
    selfcard messages
    selfcard messages cards web/office/cards
    selfcard messages --check
    """
    from selfcard.launcher import messages as catalogs

    missing = 0
    for room in catalogs.rooms(rooms):
        if check:
            untranslated = catalogs.missing_in(room)
            for message in untranslated:
                click.echo(f"{room.name}: not translated: {message.id!r}")
            missing += len(untranslated)
            continue
        written = catalogs.update(room)
        missing += written.missing
        if written.messages:
            click.echo(f"{room.name:40}{written.messages:6} messages{written.missing:6} missing")
    catalogs.compile_all()
    if check and missing:
        raise click.ClickException(f"{missing} messages are not translated.")
