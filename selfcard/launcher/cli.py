"""The command line: `selfcard`, and `selfcard COMMAND --help` for everything it does.

Errors are one sentence and exit code 1 (2 for a mistyped command line); a
traceback means a mistake of ours.
"""

import sys
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
def run() -> None:
    """Run a whole insurer on this machine, until Ctrl-C.

    The first start makes the books and a demo company in them; later starts
    keep what is there.

    \b
    SELFCARD_PORT   the port of the website, 8910 by default
    SELFCARD_DATA   the folder for books, keys, print files and logs, var by default
    DATABASE_URL    a PostgreSQL server to use instead of the embedded one:
                    postgresql://user:password@host/database
    """
    from selfcard.launcher.run import run as run_until_stopped

    run_until_stopped()


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENT]...")
def test(arguments: tuple[str, ...]) -> None:
    """Run all checks and tests on a throw-away database.

    With arguments, only pytest runs, and they go to it.

    \b
    selfcard test
    selfcard test tests/custody -x
    make test ARGS="tests/custody -x"
    """
    from selfcard.launcher.suite import test as test_everything

    sys.exit(test_everything(arguments))


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
