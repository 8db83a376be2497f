"""The print protocol, filled in."""

from datetime import date

from selfcard.cards.papers import PrintProtocolFacts
from selfcard.core.papers import Name
from selfcard.core.serials import SerialRun
from tests.factories.papers.names import CARD, CASHIER, at, yuan


def a_print_protocol() -> PrintProtocolFacts:
    return PrintProtocolFacts(
        number="B-2026-017",
        document_type=CARD,
        version=2,
        face_value=yuan("100.00"),
        cards=SerialRun(620118_000_400_001, 620118_000_500_000),
        deadline=date(2027, 12, 31),
        use_by=date(2027, 6, 30),
        printer=Name(zh="浙江印通安全印务", en="Yintong Security Printing", code="YT"),
        recipient="age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
        file_name="B-2026-017.csv.age",
        file_size=9_412_884,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ordered_by=CASHIER,
        ordered_at=at(2, 9, 12),
        approved_by=Name(zh="周婷", en="Zhou Ting", code="E1003"),
        approved_at=at(2, 15, 40),
        release_asked_by=CASHIER,
        released_by=Name(zh="周婷", en="Zhou Ting", code="E1003"),
        released_at=at(3, 9, 5),
        downloaded_by=CASHIER,
        downloaded_at=at(3, 9, 20),
    )
