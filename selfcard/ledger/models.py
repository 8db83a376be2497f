from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from selfcard.core.locks import LockSpace
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Staff

# An entry counts from a day that lies at most so far behind: what a closing has to wait for.
OLDEST_DAYS = 366


class Account(models.Model):
    """An account of the chart. Its code and kind never change, and it is never closed."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("asset")
        LIABILITY = "liability", _("liability")
        INCOME = "income", _("income")
        EXPENSE = "expense", _("expense")

    code = models.CharField(max_length=8, primary_key=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        triggers: ClassVar = [
            refused("account_stays", pgtrigger.Delete | pgtrigger.UpdateOf("code", "kind")),
            never_truncated("account"),
        ]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (translation.get_language() or "").startswith("zh") else self.name_en


class EntryKind(models.TextChoices):
    """What happened, as the books see it."""

    RECEIPT_CONFIRMED = "receipt_confirmed", _("receipt confirmed")
    DEPOSIT_CONFIRMED = "deposit_confirmed", _("deposit of an advance")
    CARD_ACTIVATED = "card_activated", _("card activated")
    POLICY_CANCELLED = "policy_cancelled", _("policy cancelled")
    REFUND_PAID = "refund_paid", _("premium paid back")
    ADVANCE_REFUNDED = "advance_refunded", _("advance paid back")
    TAKINGS_BANKED = "takings_banked", _("takings brought to the bank")
    CASH_FETCHED = "cash_fetched", _("cash fetched from the bank")
    CASH_DIFFERENCE = "cash_difference", _("cash over or short")
    TENDER_CORRECTED = "tender_corrected", _("tender put right")
    REVERSAL = "reversal", _("reversal of an entry")


# What may move payer advances, and what card premiums that await an activation, with their tax.
MOVES_ADVANCES = ("receipt_confirmed", "deposit_confirmed", "refund_paid", "advance_refunded")
MOVES_CARD_PREMIUMS = ("receipt_confirmed", "card_activated", "refund_paid", "reversal")


class Closing(models.Model):
    """The books are closed up to and including a day: nothing counts from there any more.

    Days are closed when they are over, and never opened again. The balances of that day are kept
    beside it, so that later ones are reckoned from there.
    """

    up_to = models.DateField(unique=True)
    closed_by = models.ForeignKey(  # nobody: the system, at night
        Staff, models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField()
    closed_on = models.DateField()  # of `closed_at`, in the insurer's time zone

    class Meta:
        ordering: ClassVar = ["-up_to"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(up_to__lt=F("closed_on")), name="a_day_is_closed_when_it_is_over"
            )
        ]
        triggers: ClassVar = [
            *append_only("closing"),
            pgtrigger.Trigger(
                name="closings_go_forward",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    PERFORM pg_advisory_xact_lock({LockSpace.LEDGER_DAY.value}, at)
                    FROM generate_series(
                        NEW.up_to - {OLDEST_DAYS} - date '2000-01-01',
                        NEW.up_to - date '2000-01-01'
                    ) AS at;
                    IF EXISTS (SELECT FROM ledger_closing WHERE up_to >= NEW.up_to) THEN
                        RAISE EXCEPTION 'the books are closed beyond %', NEW.up_to
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_closing_keeps_its_balances",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("before", "ledger_closing")],
                func="""
                    SELECT * INTO before FROM ledger_closing
                    WHERE up_to < NEW.up_to ORDER BY up_to DESC LIMIT 1;
                    INSERT INTO ledger_closingbalance
                        (closing_id, account_id, currency, debits, credits)
                    SELECT NEW.id, account_id, currency, sum(debits), sum(credits)
                    FROM (
                        SELECT account_id, currency, debits, credits
                        FROM ledger_closingbalance WHERE closing_id = before.id
                        UNION ALL
                        SELECT account_id, currency, greatest(amount, 0), greatest(-amount, 0)
                        FROM ledger_account account
                        JOIN ledger_posting ON account_id = account.code
                        WHERE counts_from <= NEW.up_to
                          AND counts_from > coalesce(before.up_to, '-infinity')
                    ) AS parts
                    GROUP BY account_id, currency;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.up_to)


class ClosingBalance(models.Model):
    """What had been booked on an account up to a closed day. PostgreSQL writes it with the closing.

    Nothing is added to days that are closed, so it stays true, and what is asked of later days
    begins here instead of at the first posting ever made.
    """

    closing = models.ForeignKey(Closing, models.PROTECT, related_name="balances")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    debits = models.DecimalField(max_digits=18, decimal_places=2)
    credits = models.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["closing", "account", "currency"],
                name="a_closing_says_each_balance_once",
            ),
        ]
        triggers: ClassVar = [
            *append_only("closing_balance"),
            pgtrigger.Trigger(
                name="a_closing_balance_comes_with_its_closing",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'the balances of a closing follow from the postings'
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.closing_id} {self.account_id}"


class Entry(models.Model):
    """One booking: what happened, when it was booked, and from which day it counts.

    `lines` says how many postings belong to it. They come in the entry's own transaction, all of
    them and in balance, or the commit is refused; afterwards there is no place for another one.
    """

    kind = models.CharField(max_length=24, choices=EntryKind)
    booked_at = models.DateTimeField()
    booked_on = models.DateField()  # of `booked_at`, in the insurer's time zone
    counts_from = models.DateField()
    currency = models.CharField(max_length=3)
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    lines = models.PositiveSmallIntegerField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["reason_number", "reason_kind"], name="entry_by_reason"),
            models.Index(fields=["counts_from", "id"], name="entry_by_day"),
            # In the order in which they are booked, so a hint for each stretch of pages is enough.
            BrinIndex(fields=["booked_on"], autosummarize=True, name="entry_by_day_booked"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(lines__gte=2), name="an_entry_has_two_sides"),
            models.CheckConstraint(
                condition=Q(counts_from__gte=F("booked_on") - timedelta(days=OLDEST_DAYS)),
                name="an_entry_is_not_booked_years_late",
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="a_reversal_names_what_it_reverses",
            ),
            models.CheckConstraint(
                condition=~Q(reverses=F("id")), name="an_entry_does_not_reverse_itself"
            ),
        ]
        triggers: ClassVar = [
            *append_only("entry"),
            # What comes late counts from the next open day. A closing waits for entries that are
            # being written into its days; no entry ever waits for a closing, since a day that is
            # just being closed, or that a closing waits for, is passed over. Whether the day was
            # closed meanwhile is asked in a statement of its own, after the lock: one that had
            # begun before would not see it.
            pgtrigger.Trigger(
                name="an_entry_counts_from_an_open_day",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    LOOP
                        SELECT greatest(NEW.counts_from, max(up_to) + 1) INTO NEW.counts_from
                        FROM ledger_closing;
                        IF pg_try_advisory_xact_lock_shared(
                            {LockSpace.LEDGER_DAY.value}, NEW.counts_from - date '2000-01-01'
                        ) THEN
                            EXIT WHEN NOT EXISTS (
                                SELECT FROM ledger_closing WHERE up_to >= NEW.counts_from
                            );
                        END IF;
                        NEW.counts_from := NEW.counts_from + 1;
                    END LOOP;
                    RETURN NEW;
                """,  # noqa: S608
            ),
            # Once per entry, not per posting: a check per posting would read all the others
            # each time.
            pgtrigger.Trigger(
                name="an_entry_balances_at_commit",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("found", "int"), ("total", "numeric")],
                func="""
                    SELECT count(*), coalesce(sum(amount), 0) INTO found, total
                    FROM ledger_posting WHERE entry_id = NEW.id;
                    IF found <> NEW.lines THEN
                        RAISE EXCEPTION 'entry % has % of its % postings',
                            NEW.id, found, NEW.lines USING ERRCODE = '23514';
                    END IF;
                    IF total <> 0 THEN
                        RAISE EXCEPTION 'entry % is out of balance by %', NEW.id, total
                            USING ERRCODE = '23514';
                    END IF;
                    IF NEW.reverses_id IS NOT NULL AND EXISTS (
                        SELECT FROM ledger_posting posting
                        JOIN ledger_entry entry ON entry.id = posting.entry_id
                        WHERE entry.id IN (NEW.id, NEW.reverses_id)
                        GROUP BY posting.account_id, entry.currency
                        HAVING sum(posting.amount) <> 0
                    ) THEN
                        RAISE EXCEPTION 'entry % is not the mirror of entry %',
                            NEW.id, NEW.reverses_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call the entry by, e.g. `J-0000000042`."""
        return f"J-{self.pk:010d}"


class Posting(models.Model):
    """One line of an entry: an amount on an account, debits positive, credits negative."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings")
    line = models.PositiveSmallIntegerField()
    # No foreign key in the database: a handful of accounts would be locked by every booking at
    # once (multixacts). The trigger below looks the account up without locking it, and accounts
    # are never deleted.
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="postings", db_constraint=False, db_index=False
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    # The entry's own, written by the trigger: an account's statement is read in one index.
    counts_from = models.DateField()
    currency = models.CharField(max_length=3)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["account", "counts_from", "entry", "line"],
                include=["amount", "currency"],
                name="posting_by_account",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry", "line"], name="each_line_of_an_entry_is_posted_once"
            ),
            models.CheckConstraint(condition=Q(line__gte=1), name="lines_count_from_one"),
            models.CheckConstraint(condition=~Q(amount=0), name="a_posting_moves_an_amount"),
        ]
        triggers: ClassVar = [
            *append_only("posting"),
            pgtrigger.Trigger(
                name="a_posting_counts_with_its_entry",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    SELECT counts_from, currency INTO NEW.counts_from, NEW.currency
                    FROM ledger_entry WHERE id = NEW.entry_id;
                    RETURN NEW;
                """,
            ),
            # With the check at commit this closes an entry for good: all its lines are there, so
            # none can be added, whoever tries and whenever. And what is left in advance is never
            # mixed with what awaits an activation: each is moved only by what it is for.
            pgtrigger.Trigger(
                name="a_posting_has_a_place_in_its_entry",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="added"),
                declare=[("stray", "record")],
                func=f"""
                    SELECT added.entry_id, added.line, added.account_id INTO stray
                    FROM added
                    JOIN ledger_entry entry ON entry.id = added.entry_id
                    LEFT JOIN ledger_account account ON account.code = added.account_id
                    WHERE added.line > entry.lines OR account.code IS NULL
                       OR added.account_id = '2203' AND entry.kind NOT IN {MOVES_ADVANCES}
                       OR added.account_id IN ('2201', '2202')
                          AND entry.kind NOT IN {MOVES_CARD_PREMIUMS}
                    LIMIT 1;
                    IF FOUND THEN
                        RAISE EXCEPTION 'entry % has no place for line % on account %',
                            stray.entry_id, stray.line, stray.account_id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608
            ),
        ]

    @property
    def debit(self) -> Decimal:
        return max(self.amount, Decimal("0.00"))

    @property
    def credit(self) -> Decimal:
        return max(-self.amount, Decimal("0.00"))
