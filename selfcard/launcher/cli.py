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


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def retention(as_json: bool) -> None:
    """Count the rows that are past the time for which they are kept.

    What only served its moment is deleted every night. Policies and what
    belongs to them are never deleted by themselves: what becomes of them after
    SELFCARD_RECORD_YEARS is for the insurer to decide. Changes nothing.
    """
    from selfcard.launcher.books import opened_books

    with opened_books():
        from selfcard.launcher.retention import past_lines, past_rows

        if as_json:
            click.echo(json.dumps(past_rows(), indent=2))
        else:
            for line in past_lines():
                click.echo(line)


@main.command("sms")
def hold_line() -> None:
    """Hold the line to the message centre, until Ctrl-C: SMS come and go by it.

    Runs beside `selfcard run`, which leaves all SMS to it.

    \b
    SELFCARD_SMS_GATEWAY    smpp
    SELFCARD_SMS_NUMBER     the number to which holders write
    SELFCARD_SMPP_ADDRESS   the centre, as host:port
    SELFCARD_SMPP_ACCOUNT   who we are there; the password in SELFCARD_SMPP_PASSWORD
    """
    from selfcard.launcher.books import opened_books

    with opened_books():
        from django.conf import settings

        from selfcard.sms.running import run as run_line
        from selfcard.sms.smpp import Account

        if settings.SMS_GATEWAY != "smpp" or not settings.SMPP_HOST or not settings.SMS_NUMBER:
            raise Trouble(
                "Nobody said where the message centre is: `selfcard sms --help` lists what to set."
            )
        run_line(Account.of_settings())


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


@main.group(cls=PlainSpoken)
def keys() -> None:
    """The keys of personal data and of the batches' PINs, which may be followed by newer ones."""


@keys.command("list")
def list_keys() -> None:
    """List each key by its id, and how many values are sealed with it."""
    from selfcard.launcher.books import opened_books

    with opened_books():
        from selfcard.launcher.keys import listed

        for line in listed():
            click.echo(line)


@keys.command()
@click.argument("name")
def rotate(name: str) -> None:
    """Make a newer key NAME, and seal everything with it while Selfcard runs.

    Whoever is interrupted goes on with `selfcard keys reseal`. The former key's
    file stays: backups of the books from before still need it.

    \b
    selfcard keys rotate personal-data
    selfcard keys rotate pin-wrapping
    """
    from selfcard.launcher.books import opened_books

    with opened_books():
        from selfcard.launcher.keys import rotate as rotate_key

        rotate_key(name, told=click.echo)


@keys.command("reseal")
@click.argument("name")
def reseal_keys(name: str) -> None:
    """Seal with the newest key NAME whatever is still sealed with a former one.

    For keys that come from the environment: give every process the newest in
    SELFCARD_KEY_<NAME> and the former ones in SELFCARD_KEY_<NAME>_FORMER, with
    commas between, before you say this.
    """
    from selfcard.launcher.books import opened_books

    with opened_books():
        from selfcard.launcher.keys import reseal_all

        reseal_all(name, told=click.echo)


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
@click.option(
    "--holdings",
    type=click.IntRange(min=20),
    default=1_000_000,
    show_default=True,
    help="Holdings in the books; all other sizes follow from it.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="How often each deed and page is measured.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def custody(holdings: int, rounds: int, as_json: bool) -> None:
    """Making a batch, handing cards down and back, and the pages over all of them.

    Works on throw-away books, never on yours: on the embedded PostgreSQL, set as for the books,
    or on a server of your own that DATABASE_URL names. A million holdings take a quarter of an
    hour, and 10 GB of disk.

    \b
    selfcard bench custody --holdings 10000
    selfcard bench custody --json > custody.json
    """
    from bench.custody import measure
    from bench.table import as_text

    found = measure(holdings, rounds, told=lambda what: click.echo(f"… {what}", err=True))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found))


@bench.command()
@click.option(
    "--cards",
    type=click.IntRange(min=2),
    default=10_000,
    show_default=True,
    help="Cards in the large sale, beside one of a single card.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="How often each deed is measured.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def money(cards: int, rounds: int, as_json: bool) -> None:
    """Selling cards, being paid for them, and paying their money back.

    Works on throw-away books, never on yours, as `bench custody` does.

    \b
    selfcard bench money
    selfcard bench money --json > money.json
    """
    from bench.money import measure
    from bench.table import as_text

    found = measure(cards, rounds, told=lambda what: click.echo(f"… {what}", err=True))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found))


@bench.command()
@click.option(
    "--tries",
    type=click.IntRange(min=10),
    default=100_000,
    show_default=True,
    help="How often the guessers try, all together.",
)
@click.option(
    "--cards",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="How many cards they try.",
)
@click.option(
    "--sources",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="From how many addresses they come.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=10),
    default=1_000,
    show_default=True,
    help="How often each answer is timed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def gate(tries: int, cards: int, sources: int, rounds: int, as_json: bool) -> None:
    """Guessing PINs: who comes in, whom it keeps out, and whether an answer tells anything.

    Guessers and honest holders act on a clock that is moved, so an hour of theirs
    takes some minutes. Works on throw-away books, never on yours, as `bench custody` does.

    \b
    selfcard bench gate --tries 10000 --cards 100 --sources 100
    selfcard bench gate --json > gate.json
    """
    from bench.gate import measure
    from bench.table import as_text

    found = measure(
        tries, cards, sources, rounds, told=lambda what: click.echo(f"… {what}", err=True)
    )
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found))


@bench.command()
@click.option(
    "--messages",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="How many generated messages are read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def sms(messages: int, as_json: bool) -> None:
    """Reading what people type on a phone, and the slowest of it.

    Works on throw-away books, never on yours, as `bench custody` does.

    \b
    selfcard bench sms
    selfcard bench sms --messages 1000 --json > sms.json
    """
    from bench.sms import measure
    from bench.table import as_text

    found = measure(messages, told=lambda what: click.echo(f"… {what}", err=True))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found))


@bench.command()
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many policies are made.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def papers(rounds: int, as_json: bool) -> None:
    """Making a policy, signing it, and its card for the wallet.

    Works on throw-away books, never on yours, as `bench custody` does.

    \b
    selfcard bench papers
    selfcard bench papers --json > papers.json
    """
    from bench.papers import measure
    from bench.table import as_text

    found = measure(rounds, told=lambda what: click.echo(f"… {what}", err=True))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found))


@bench.command()
@click.option(
    "--cards",
    type=click.IntRange(min=1_000),
    default=10_000_000,
    show_default=True,
    help="Sold cards in the larger books; the smaller ones have a tenth of them.",
)
@click.option(
    "--activations",
    type=click.IntRange(min=2),
    default=300,
    show_default=True,
    help="How many holders activate their cards in each round.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How often, taking turns with the floor.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def activation(cards: int, activations: int, rounds: int, as_json: bool) -> None:
    """Activating cards over HTTP, beside the same rows as bare SQL.

    Starts a web server as `selfcard run` does, on a port of its own. Works on
    throw-away books, never on yours, as `bench custody` does.

    \b
    selfcard bench activation --cards 100000
    selfcard bench activation --json > activation.json
    """
    from bench.activation import measure
    from bench.table import as_text

    found = measure(cards, activations, rounds, told=lambda what: click.echo(f"… {what}", err=True))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else as_text(found))


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
