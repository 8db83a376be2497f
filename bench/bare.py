"""The floor: the rows that a holder's activation leaves behind, sent by themselves.

A real activation is the pattern. Its rows are written again for other cards, as few statements as
there are tables, prepared, in the same transactions, and with nothing read before: no rule, no
lock, nothing decrypted or encrypted. What triggers write they write here as well.
"""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg.types.range import Range

from selfcard.activation.gate import card_name
from selfcard.core.serials import card_number, group_digits
from selfcard.policies.numbers import policy_number

Row = dict[str, Any]
Statement = tuple[str, list[Any]]
Transaction = list[Statement]
CONNECTIONS = 2


@dataclass(frozen=True)
class Bare:
    """All transactions of one card, ready to be sent: through the gate, page by page, the deed."""

    gate: Transaction
    pages: list[Transaction]
    deed: Transaction


@dataclass(frozen=True)
class Pattern:
    """The rows of one real activation: of its card, its session and its source."""

    serial: int
    session: str
    source: str
    gate: dict[str, list[Row]]
    page: dict[str, list[Row]]
    pages: int
    deed: dict[str, list[Row]]

    @classmethod
    def begun(cls, books: psycopg.Connection, serial: int, session: str, source: str) -> Self:
        """Read what is there just before the card becomes a policy."""
        read = _Reading(books)
        (proof,) = read("activation_pinproof", "serial = %s", serial)
        (draft,) = read("activation_draft", "serial = %s", serial)
        gate = read.requests("gate.opened", serial) | {
            "activation_sourcecounter": read("activation_sourcecounter", "source = %s", source),
            "activation_targetcounter": read(
                "activation_targetcounter", "target = %s", card_name(serial)
            ),
            "custody_openedcard": read("custody_openedcard", "serial = %s", serial),
            "activation_pinproof": [proof],
            "django_session": read("django_session", "session_key = %s", session),
        }
        saved = read.requests("draft.saved", serial)
        page = {table: rows[:1] for table, rows in saved.items()} | {"activation_draft": [draft]}
        return cls(serial, session, source, gate, page, len(saved["core_request"]), {})

    def ended(self, books: psycopg.Connection) -> None:
        """Read what the deed itself has left."""
        read = _Reading(books)
        (policy,) = read("policies_policy", "reason_number = %s", card_number(self.serial))
        entries = read("ledger_entry", "reason_number = %s", policy["number"])
        messages = read("messaging_message", "reason_number = %s", policy["number"])
        self.deed.update(
            read.requests("card.activated", self.serial)
            | {
                "policies_policy": [policy],
                "policies_insuredperson": read(
                    "policies_insuredperson", "policy_id = %s", policy["id"]
                ),
                "custody_activatedcard": read("custody_activatedcard", "serial = %s", self.serial),
                "ledger_entry": entries,
                "ledger_posting": read(
                    "ledger_posting", "entry_id = %s ORDER BY line", entries[0]["id"]
                ),
                "messaging_message": messages,
                "procrastinate_jobs": read(
                    "procrastinate_jobs", "args -> 'messages' @> %s", Jsonb([messages[0]["id"]])
                ),
                "activation_pinproof": read("activation_pinproof", "serial = %s", self.serial),
                "django_session": read("django_session", "session_key = %s", self.session),
            }
        )

    def written_for(self, serials: list[int], books: psycopg.Connection) -> list[Bare]:
        """What to send for each of these cards. Numbers and keys are drawn before."""
        drawn = books.execute(
            "SELECT nextval('policies_number'),"
            " nextval(pg_get_serial_sequence('policies_policy', 'id')),"
            " nextval(pg_get_serial_sequence('ledger_entry', 'id'))"
            " FROM generate_series(1, %s)",
            [len(serials)],
        )
        return [self._written(serial, *keys) for serial, keys in zip(serials, drawn, strict=True)]

    def _written(self, serial: int, running: int, policy: int, entry: int) -> Bare:
        (proof,), (former,) = self.gate["activation_pinproof"], self.deed["policies_policy"]
        key, session, source = uuid4(), secrets.token_hex(16), f"net {secrets.token_hex(6)}"
        names: dict[Any, Any] = {
            self.serial: serial,
            Range(self.serial, self.serial + 1): Range(serial, serial + 1),
            card_number(self.serial): card_number(serial),
            group_digits(card_number(self.serial)): group_digits(card_number(serial)),
            card_name(self.serial): card_name(serial),
            former["number"]: policy_number(running),
            former["identity_index"]: secrets.token_bytes(16),
            proof["id"]: key,
            self.session: session,
            self.source: source,
        }
        own = {
            "policies_policy": {"id": policy},
            "policies_insuredperson": {"policy_id": policy},
            "ledger_entry": {"id": entry},
            "ledger_posting": {"entry_id": entry},
        }

        def rows(found: dict[str, list[Row]], table: str) -> list[Row]:
            kept = own.get(table, {}).keys() | _GIVEN.get(table, set())
            return [
                {
                    column: own.get(table, {}).get(column, _renamed(value, names))
                    for column, value in row.items()
                    if column != "id" or column in kept
                }
                for row in found[table]
            ]

        def begin(found: dict[str, list[Row]]) -> Transaction:
            names[found["core_request"][0]["id"]] = uuid4()
            return [_insert(table, rows(found, table)) for table in _REQUEST]

        gate = begin(self.gate)
        for table in ("activation_sourcecounter", "activation_targetcounter"):
            gate.append(_upsert(table, rows(self.gate, table), "failures"))
        for table in ("custody_openedcard", "activation_pinproof", "django_session"):
            gate.append(_insert(table, rows(self.gate, table)))

        pages = []
        expires = "UPDATE activation_pinproof SET expires_at = %s WHERE id = %s"
        for place in range(1, self.pages + 1):
            (draft,) = rows(self.page, "activation_draft")
            # It grows page by page.
            draft["answers"] = draft["answers"][: len(draft["answers"]) * place // self.pages]
            saved = _upsert("activation_draft", [draft], "answers", "saved_at")
            pages.append([*begin(self.page), saved, (expires, [proof["expires_at"], key])])

        deed = begin(self.deed)
        deed += [_insert(table, rows(self.deed, table)) for table in _OF_THE_DEED]
        (used,) = rows(self.deed, "activation_pinproof")
        (seen,) = rows(self.deed, "django_session")
        deed += [
            (
                "UPDATE activation_pinproof SET used_at = %s, policy_number = %s WHERE id = %s",
                [used["used_at"], used["policy_number"], key],
            ),
            ("DELETE FROM activation_draft WHERE serial = %s", [serial]),
            (
                "UPDATE django_session SET session_data = %s, expire_date = %s"
                " WHERE session_key = %s",
                [seen["session_data"], seen["expire_date"], session],
            ),
        ]
        return Bare(gate, pages, deed)


# What every command writes, and what the deed itself writes anew, parents first.
_REQUEST = ("core_request", "core_auditevent")
_OF_THE_DEED = (
    "policies_policy",
    "policies_insuredperson",
    "custody_activatedcard",
    "ledger_entry",
    "ledger_posting",
    "messaging_message",
    "procrastinate_jobs",
)
# Tables whose key `id` is drawn by whoever writes the row.
_GIVEN = {"core_request": {"id"}, "activation_pinproof": {"id"}}


class Sender:
    """Two connections that send transactions, each one after the other."""

    def __init__(self, address: str) -> None:
        # Zero: prepared when it is sent for the first time.
        self._connections = [
            psycopg.connect(address, prepare_threshold=0) for _ in range(CONNECTIONS)
        ]

    @property
    def backends(self) -> list[int]:
        return [connection.info.backend_pid for connection in self._connections]

    def send(self, transactions: list[Transaction]) -> None:
        """Send all, shared out among the connections."""
        shares = [transactions[place::CONNECTIONS] for place in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(_send, self._connections, shares))

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


def _send(connection: psycopg.Connection, transactions: list[Transaction]) -> None:
    for transaction in transactions:
        with connection.transaction(), connection.cursor() as cursor:
            for statement, values in transaction:
                cursor.execute(statement, values)


class _Reading:
    """Rows of a table, as they are now."""

    def __init__(self, books: psycopg.Connection) -> None:
        self._cursor = books.cursor(row_factory=dict_row)

    def __call__(self, table: str, where: str, *values: Any) -> list[Row]:
        found = self._cursor.execute(f"SELECT * FROM {table} WHERE {where}", values).fetchall()
        assert found, f"{table} has nothing where {where}"
        return found

    def requests(self, event: str, serial: int) -> dict[str, list[Row]]:
        """The requests of a card that wrote an event, and all events of the first of them."""
        told = self("core_auditevent", "event = %s AND serials @> %s::bigint", event, serial)
        asked = [row["request"] for row in told]
        return {
            "core_request": self("core_request", "id = ANY(%s)", asked),
            "core_auditevent": self("core_auditevent", "request = %s ORDER BY id", asked[0]),
        }


def _renamed(value: Any, names: dict[Any, Any]) -> Any:
    """A value of the pattern, where it names something, with the other card's name for it."""
    match value:
        case dict() | list():
            return Jsonb(json.loads(_renamed(json.dumps(value, ensure_ascii=False), names)))
        case str() if value not in names:
            for former, name in names.items():
                if isinstance(former, str):
                    value = value.replace(former, name)
            return value
        case _:
            return names.get(value, value)


def _insert(table: str, rows: list[Row]) -> Statement:
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    sql = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {', '.join([row] * len(rows))}"
    return sql, [value for one in rows for value in one.values()]


def _upsert(table: str, rows: list[Row], *changed: str) -> Statement:
    """The same for a row that may be there: then these columns change."""
    sql, values = _insert(table, rows)
    changes = ", ".join(f"{column} = excluded.{column}" for column in changed)
    return f"{sql} ON CONFLICT ({next(iter(rows[0]))}) DO UPDATE SET {changes}", values
