"""Who may sign in to the demo, and which cards wait to be activated, with their PINs.

The PINs come out of the demo's own print files, decrypted with the demo printing house's own key.
There is no other way to a PIN, here or anywhere.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.serials import group_digits
from selfcard.custody.models import ActivatedCard, Holding
from selfcard.custody.statuses import CardStatus
from selfcard.demo.cast import folder
from selfcard.demo.people import PEOPLE, PLACES
from selfcard.demo.print_files import PrintedCard, read_print_file


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in to the demo's office."""

    code: str
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    organisation: str


def password() -> str:
    """What everybody of the demo signs in with, in this installation."""
    return str(json.loads((folder() / "people.json").read_text())["password"])


def accounts() -> list[Account]:
    places = {place.code: place for place in PLACES}
    return [
        Account(
            person.code,
            person.name_zh,
            person.name_en,
            person.title_zh,
            person.title_en,
            places[person.organisation].name_en,
        )
        for person in PEOPLE
    ]


def cards_to_activate(each: int = 3) -> dict[str, list[PrintedCard]]:
    """By document type code, a few cards that are paid for and not activated yet.

    Only of print files that came to the demo's printing house: nobody else can read a PIN.
    """
    found: dict[str, list[PrintedCard]] = {}
    printed_batches = Batch.objects.filter(
        print_file__downloaded_at__isnull=False, deadline__gte=clock.today()
    ).order_by("pk")
    for batch in printed_batches.select_related("type_version__document_type", "print_file"):
        print_file = folder() / batch.print_file.name
        if not print_file.exists():
            continue  # a person downloaded it, and it lies wherever they put it
        serials = _waiting_serials(batch, each)
        if serials:
            code = batch.type_version.document_type.code
            printed = {card.serial: card for card in read_print_file(print_file)}
            found.setdefault(code, []).extend(printed[serial] for serial in serials)
    return found


def as_data() -> dict[str, Any]:
    """Everything for programs: people, their password, and cards by document type code."""
    return {
        "password": password(),
        "people": [asdict(account) for account in accounts()],
        "cards": {
            code: [{"card_number": card.card_number, "pin": card.pin} for card in cards]
            for code, cards in cards_to_activate().items()
        },
    }


def as_text() -> str:
    """Who to sign in as first, and one card to activate of each of three types."""
    introduced = {
        "H002": "head office: document types, batches",
        "H003": "head office: the second person",
        "B1101": "branch: issues to its institutions",
        "S110101": "institution: checks in, issues, sells",
        "B1102": "cashier: confirms receipts",
    }
    lines = [f"Sign in at /office/ with the password {password()} as"]
    lines += [
        f"  {account.code:8} {account.name_zh} {account.name_en} – {introduced[account.code]}"
        for account in accounts()
        if account.code in introduced
    ]
    lines.append("Cards to activate at /:")
    for code, (card, *_) in list(cards_to_activate(each=1).items())[:3]:
        number, pin = group_digits(card.card_number), group_digits(card.pin)
        lines.append(f"  {code}  card number {number}  PIN {pin}")
    return "\n".join(lines)


def _waiting_serials(batch: Batch, most: int) -> list[int]:
    serials: list[int] = []
    for holding in Holding.objects.filter(batch=batch, status=CardStatus.TO_BE_ACTIVATED):
        run = holding.run
        activated = set(
            ActivatedCard.objects.filter(
                serial__gte=run.first, serial__lte=run.last, reversed_at=None
            ).values_list("serial", flat=True)
        )
        free = (serial for serial in range(run.first, run.last + 1) if serial not in activated)
        for serial in free:
            if len(serials) == most:
                return serials
            serials.append(serial)
    return serials
