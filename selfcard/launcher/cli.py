"""The command line: `selfcard`, and `selfcard COMMAND --help` for everything it does.

Errors are one sentence and exit code 1 (2 for a mistyped command line); a
traceback means a mistake of ours.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from selfcard import __version__
from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import PROJECT

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


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def verify(as_json: bool) -> None:
    """Check on the live database what must always be true.

    Names each violation, and exits with 1 if there is any. Changes nothing,
    and may run beside `selfcard run`.
    """
    from selfcard.launcher.books import opened_books
    from selfcard.launcher.promises import broken_promises, keepers

    with opened_books():
        found = list(broken_promises())
        asked = len(keepers())
    if as_json:
        rows = [{"capability": capability, **asdict(violation)} for capability, violation in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for capability, violation in found:
            click.echo(
                f"{capability}: {violation.promise} – {violation.subject}: {violation.message}"
            )
        if not found:
            click.echo(f"Everything that must be true is true: {asked} capabilities were asked.")
    if found:
        raise click.ClickException(f"{len(found)} violations were found.")


@main.group(cls=PlainSpoken)
def demo() -> None:
    """The demo company: people, organisations and cards to try things with."""


@demo.command()
def build() -> None:
    """Build the demo company into books that have nobody in them yet.

    `selfcard run` does this on its first start; this is for books that a
    server of your own keeps.
    """
    from selfcard.launcher.books import opened_books

    with opened_books():
        from selfcard.demo.company import build as build_company

        build_company()


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def credentials(as_json: bool) -> None:
    """List who can sign in, and cards with their PINs that are ready to activate.

    The PINs are read as a printer would read them: by decrypting the demo's own
    print file with the demo printer's key.
    """
    from selfcard.launcher.books import opened_books

    with opened_books():
        from selfcard.demo.cast import folder
        from selfcard.demo.credentials import as_data, as_text

        if not (folder() / "people.json").exists():
            raise Trouble("These books have no demo company, or it was built with another folder.")
        click.echo(json.dumps(as_data(), ensure_ascii=False, indent=2) if as_json else as_text())


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


@main.group(cls=PlainSpoken)
def bench() -> None:
    """Measure how much the house carries. Works after `make test`, which installs what it needs."""


@bench.command()
@click.option("--cards", default=100_000, show_default=True, help="Cards in each batch.")
@click.option("--seconds", default=5.0, show_default=True, help="How long for each length of run.")
def custody(cards: int, seconds: float) -> None:
    """Issue runs of 1, 100 and 10,000 cards: the cost must not depend on the length.

    Works on a throw-away database, never on your books.
    """
    from selfcard.launcher.benches import books_to_forget

    with books_to_forget():
        from bench.custody import measure

        click.echo(
            f"{'cards each':>12}{'issues':>10}{'ms each':>10}{'issues/s':>10}{'holdings':>10}"
        )
        for measured in measure(cards, seconds):
            click.echo(
                f"{measured.cards_each:>12,}{measured.issues:>12,}"
                f"{measured.milliseconds_each:>12.2f}{measured.issues / measured.seconds:>12.0f}"
                f"{measured.holdings_after:>12,}"
            )


@main.command()
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=PROJECT / "pictures",
    help="The folder for the pictures; pictures/ by default.",
)
def pictures(into: Path) -> None:
    """Take the pages that matter most as pictures: both widths, both languages.

    Runs a demo insurer of its own meanwhile, and needs Chromium and what
    `make test` installs.
    """
    from selfcard.launcher.pictures import take

    take(into)


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
