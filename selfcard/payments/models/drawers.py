"""Cash drawers and their days: what a cashier took in, counted, and handed on."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.payments.models.corrections import corrected_by_two, correction_field
from selfcard.payments.models.tenders import TenderKind


def moves_the_drawer(by: str, what: str, *, corrected: bool = False) -> str:
    """For the trigger of a row that goes through a drawer: cash changes what should be in it.

    The update locks the day's row, so that whoever counts at the same moment comes before or
    after. A closed day is moved only by what puts it right, and is then counted anew.
    """
    closed = "OR state = 'closed' AND NEW.correction_id IS NOT NULL" if corrected else ""
    return f"""
        IF NEW.drawer_day_id IS NOT NULL THEN
            UPDATE payments_drawerday
            SET cash = cash + CASE NEW.kind WHEN 'cash' THEN {by} ELSE 0 END
            WHERE id = NEW.drawer_day_id AND (state = 'open' {closed});
            IF NOT FOUND THEN
                RAISE EXCEPTION 'drawer day % is counted, {what}', NEW.drawer_day_id
                    USING ERRCODE = '23514';
            END IF;
        END IF;
    """  # noqa: S608


class Drawer(models.Model):
    """A cash drawer: a place, by name, where a cashier takes money in.

    One that is out of use is empty, and is not opened before somebody takes it back into use.
    """

    code = models.CharField(_("drawer"), max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]
        triggers: ClassVar = [
            refused(
                "a_drawer_stays", pgtrigger.Delete | pgtrigger.UpdateOf("code", "organisation_id")
            ),
            pgtrigger.Trigger(
                name="a_drawer_goes_out_of_use_empty",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("is_active"),
                condition=pgtrigger.Q(new__is_active=False),
                func="""
                    IF EXISTS (
                        SELECT FROM payments_drawerday
                        WHERE drawer_id = NEW.id AND state <> 'closed'
                    ) OR (
                        SELECT count.counted <> 0
                        FROM payments_drawercount count
                        JOIN payments_drawerday day ON day.id = count.drawer_day_id
                        WHERE day.drawer_id = NEW.id AND count.kind = 'cash'
                        ORDER BY day.day DESC, count.counting DESC LIMIT 1
                    ) THEN
                        RAISE EXCEPTION 'drawer % is not closed, or not empty', NEW.code
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            never_truncated("drawer"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class DrawerDay(models.Model):
    """A drawer's day: opened with what was left, counted by the cashier, closed by a second person.

    Only an open one takes tenders. Counted is what lay in it, kind by kind; a difference is
    explained, and booked when the day is closed. `cash` is what should be in it now: PostgreSQL
    keeps it with whatever comes, goes, or is banked, and never lets it fall below nothing.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("a drawer", "open")
        COUNTED = "counted", _("counted")
        CLOSED = "closed", pgettext_lazy("a drawer", "closed")

    drawer = models.ForeignKey(Drawer, models.PROTECT, related_name="days")
    day = models.DateField()
    currency = models.CharField(max_length=3)
    opening_cash = models.DecimalField(max_digits=14, decimal_places=2)
    cash = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    counted_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    counted_at = models.DateTimeField(null=True)
    explanation = models.CharField(max_length=400, blank=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-day", "drawer__code"]
        indexes: ClassVar = [
            BrinIndex(fields=["closed_at"], autosummarize=True, name="drawer_day_by_closing"),
            # What is still to be counted or closed: a few of all the days.
            models.Index(
                fields=["drawer"], condition=~Q(state="closed"), name="drawer_day_not_closed"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["drawer", "day"], name="a_drawer_is_opened_once_a_day"),
            # So that nobody asks which of two open days a tender went into.
            models.UniqueConstraint(
                fields=["drawer"],
                condition=Q(state="open"),
                name="a_drawer_has_one_open_day",
            ),
            models.CheckConstraint(
                condition=Q(opening_cash__gte=0), name="a_drawer_opens_with_no_debt"
            ),
            models.CheckConstraint(
                condition=Q(cash__gte=0), name="a_drawer_pays_out_what_is_in_it"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="open",
                    counted_by__isnull=True,
                    counted_at__isnull=True,
                    closed_by__isnull=True,
                    closed_at__isnull=True,
                )
                | Q(
                    state="counted",
                    counted_by__isnull=False,
                    counted_at__isnull=False,
                    closed_by__isnull=True,
                    closed_at__isnull=True,
                )
                | Q(
                    state="closed",
                    counted_by__isnull=False,
                    counted_at__isnull=False,
                    closed_by__isnull=False,
                    closed_at__isnull=False,
                ),
                name="a_drawer_day_is_what_its_dates_say",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(closed_by=F("counted_by")),
                name="nobody_closes_a_drawer_that_they_counted",
            ),
        ]
        triggers: ClassVar = [
            refused("a_drawer_day_is_kept", pgtrigger.Delete),
            refused(
                "a_drawer_day_stays",
                pgtrigger.UpdateOf(
                    "drawer_id", "day", "currency", "opening_cash", "opened_by_id", "opened_at"
                ),
            ),
            refused(
                "a_closed_drawer_day_stands",
                pgtrigger.UpdateOf(
                    "state",
                    "counted_by_id",
                    "counted_at",
                    "explanation",
                    "closed_by_id",
                    "closed_at",
                ),
                condition=pgtrigger.Q(old__state="closed"),
            ),
            pgtrigger.Trigger(
                name="the_cash_of_a_drawer_follows_from_what_moves",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("cash"),
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'the cash of drawer day % follows from what came and went',
                            NEW.id USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            refused(
                "a_counted_drawer_day_is_not_opened_again",
                pgtrigger.Update,
                condition=pgtrigger.Q(new__state="open") & ~pgtrigger.Q(old__state="open"),
            ),
            refused(
                "a_drawer_day_begins_open",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="open"),
            ),
            never_truncated("drawer_day"),
            pgtrigger.Trigger(
                name="a_drawer_opens_with_what_its_last_count_found",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("found", "record"), ("left_in", "numeric")],
                func="""
                    IF NOT EXISTS (
                        SELECT FROM payments_drawer WHERE id = NEW.drawer_id AND is_active
                    ) THEN
                        RAISE EXCEPTION 'drawer % is out of use', NEW.drawer_id
                            USING ERRCODE = '23514';
                    END IF;
                    SELECT count.counted, day.currency INTO found
                    FROM payments_drawercount count
                    JOIN payments_drawerday day ON day.id = count.drawer_day_id
                    WHERE day.drawer_id = NEW.drawer_id AND count.kind = 'cash'
                    ORDER BY day.day DESC, count.counting DESC LIMIT 1;
                    left_in := coalesce(found.counted, 0);
                    IF left_in <> NEW.opening_cash
                       OR left_in <> 0 AND found.currency <> NEW.currency THEN
                        RAISE EXCEPTION 'drawer % had % % in it, not % %', NEW.drawer_id,
                            left_in, found.currency, NEW.opening_cash, NEW.currency
                            USING ERRCODE = '23514';
                    END IF;
                    NEW.cash := NEW.opening_cash;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_difference_is_explained",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state="closed"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM payments_drawercount
                        WHERE drawer_day_id = NEW.id AND kind = 'cash'
                    ) THEN
                        RAISE EXCEPTION 'drawer day % is closed without a count', NEW.id
                            USING ERRCODE = '23514';
                    END IF;
                    IF NEW.explanation = '' AND EXISTS (
                        SELECT FROM payments_drawercount
                        WHERE drawer_day_id = NEW.id AND counted <> expected
                          AND counting = (
                            SELECT max(counting) FROM payments_drawercount
                            WHERE drawer_day_id = NEW.id
                          )
                    ) THEN
                        RAISE EXCEPTION 'the difference of drawer day % is not explained', NEW.id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="a_closed_day_leaves_what_acquirers_owe",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__state="closed") & ~pgtrigger.Q(old__state="closed"),
                func="""
                    INSERT INTO payments_takings (organisation_id, kind, currency, amount)
                    SELECT drawer.organisation_id, count.kind, NEW.currency, count.counted
                    FROM payments_drawer drawer
                    JOIN payments_drawercount count ON count.drawer_day_id = NEW.id
                    WHERE drawer.id = NEW.drawer_id AND count.kind IN ('card', 'wallet')
                      AND count.counted <> 0 AND count.counting = (
                        SELECT max(counting) FROM payments_drawercount
                        WHERE drawer_day_id = NEW.id
                      )
                    ORDER BY count.kind
                    ON CONFLICT (organisation_id, kind, currency)
                    DO UPDATE SET amount = payments_takings.amount + EXCLUDED.amount;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drawer} {self.day}"


class DrawerCount(models.Model):
    """What should have been in a drawer of one kind, and what was. A recount is another row, and so
    is a count that is put right after the day was closed."""

    drawer_day = models.ForeignKey(DrawerDay, models.PROTECT, related_name="counts")
    counting = models.PositiveSmallIntegerField()  # the first count of the day is 1
    kind = models.CharField(max_length=10, choices=TenderKind)
    expected = models.DecimalField(max_digits=14, decimal_places=2)
    counted = models.DecimalField(max_digits=14, decimal_places=2)
    correction = correction_field()

    class Meta:
        ordering: ClassVar = ["counting", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drawer_day", "counting", "kind"], name="a_count_says_each_kind_once"
            ),
            # More may go back by card or wallet in a day than came.
            models.CheckConstraint(
                condition=Q(counted__gte=0) | Q(kind__in=["card", "wallet"]),
                name="a_count_is_no_debt",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["cash", "card", "cheque", "wallet"]),
                name="a_count_is_of_what_goes_through_a_drawer",
            ),
        ]
        triggers: ClassVar = [
            *append_only("drawer_count"),
            corrected_by_two("a_count_is_corrected_by_two"),
            pgtrigger.Trigger(
                name="a_closed_day_is_counted_only_to_put_it_right",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF (NEW.correction_id IS NOT NULL) <> EXISTS (
                        SELECT FROM payments_drawerday
                        WHERE id = NEW.drawer_day_id AND state = 'closed'
                    ) THEN
                        RAISE EXCEPTION 'drawer day % is closed, or not, and counted otherwise',
                            NEW.drawer_day_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_corrected_count_changes_what_acquirers_owe",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__correction__isnull=False)
                & pgtrigger.Q(new__kind__in=["card", "wallet"]),
                func="""
                    INSERT INTO payments_takings (organisation_id, kind, currency, amount)
                    SELECT drawer.organisation_id, NEW.kind, day.currency,
                           NEW.counted - former.counted
                    FROM payments_drawercount former
                    JOIN payments_drawerday day ON day.id = former.drawer_day_id
                    JOIN payments_drawer drawer ON drawer.id = day.drawer_id
                    WHERE former.drawer_day_id = NEW.drawer_day_id AND former.kind = NEW.kind
                      AND former.counting = NEW.counting - 1 AND former.counted <> NEW.counted
                    ON CONFLICT (organisation_id, kind, currency)
                    DO UPDATE SET amount = payments_takings.amount + EXCLUDED.amount;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="a_day_is_counted_before_the_next",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT FROM payments_drawerday day
                        JOIN payments_drawerday later
                          ON later.drawer_id = day.drawer_id AND later.day > day.day
                        WHERE day.id = NEW.drawer_day_id
                    ) AND NEW.counted IS DISTINCT FROM (
                        SELECT former.counted FROM payments_drawercount former
                        WHERE NEW.correction_id IS NOT NULL AND former.kind = NEW.kind
                          AND former.drawer_day_id = NEW.drawer_day_id
                          AND former.counting = NEW.counting - 1
                    ) AND (NEW.kind = 'cash' OR NEW.correction_id IS NULL) THEN
                        RAISE EXCEPTION 'the drawer of day % was opened again', NEW.drawer_day_id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drawer_day_id} {self.kind} {self.counted}"

    @property
    def difference(self) -> Decimal:
        """What is over (positive) or short (negative)."""
        return self.counted - self.expected
