"""The command line: `selfcard`, and `selfcard COMMAND --help` for everything it does.

Errors are one sentence and exit code 1 (2 for a mistyped command line); a
traceback means a mistake of ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from selfcard.launcher.errors import Trouble

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what a person can mend into one sentence on standard error."""
    try:
        yield
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from trouble


@click.group(context_settings=CONTEXT)
def main() -> None:
    """Self-service insurance cards, from the printer to the policy."""


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if anything is untranslated.")
def messages(check: bool) -> None:
    """Write the message catalogs of all rooms from the sources, and compile them.

    Each room keeps its own catalog under locale/zh_Hans/LC_MESSAGES/django.po.
    Translations stay, new messages are added empty, and what no source speaks
    any more is dropped.
    """
    from selfcard.launcher import messages as catalogs

    missing = 0
    for room in catalogs.rooms():
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
