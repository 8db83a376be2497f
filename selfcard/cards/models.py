from datetime import date
from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from selfcard.cards.promises import (
    batch_follows_its_type,
    document_type_is_called_as_it_is_printed,
    made_once_only_for_a_batch_in_the_making,
)
from selfcard.core.models import Work
from selfcard.core.money import Money
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.products.models import ProductVersion

SHORTEST_PIN = 8
LONGEST_PIN = 16
SELECTOR_DIGITS = 4
LARGEST_BATCH = 10_000_000
# A whole batch of the dearest card is still a sum that every column of money can hold.
LARGEST_FACE_VALUE = Decimal("99999.99")
# In an SMS nothing has to stand between a keyword and the card number.
CHINESE_KEYWORD = r"^([一-鿿]{2,10})?$"
ENGLISH_KEYWORD = r"^([A-Z]{2,10})?$"


class DocumentType(models.Model):
    """A kind of card. Its prefix opens every serial of the type and never changes.

    It is called what its newest version prints on the card; each version keeps its own names.
    """

    code = models.CharField(_("document type code"), max_length=20, unique=True)
    prefix = models.CharField(
        max_length=6, unique=True, validators=[RegexValidator(r"^[1-9]\d{5}$")]
    )
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(prefix__regex=r"^[1-9][0-9]{5}$"),
                name="document_type_prefix_has_six_digits",
            )
        ]
        triggers: ClassVar = [
            refused("document_type_stays", pgtrigger.Delete | pgtrigger.UpdateOf("code", "prefix")),
            document_type_is_called_as_it_is_printed(),
            never_truncated("document_type"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class DocumentTypeVersion(models.Model):
    """What a document type was when its cards were printed. It never changes afterwards.

    The last day to activate is so many months after the approval of a batch, or a fixed day: one
    of the two. Stock may be issued and sold for `use_by_months` from the approval; without it, as
    long as its cards can be activated. All its products carry the same tax rate, since the premium
    is split into net and tax when the card is paid for, before anybody has chosen one.
    """

    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    # As they are printed on the card.
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    face_value = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    deadline_months = models.PositiveSmallIntegerField(null=True)
    deadline_day = models.DateField(null=True)
    use_by_months = models.PositiveSmallIntegerField(null=True)
    pin_length = models.PositiveSmallIntegerField(default=12)
    # By what an SMS begins that activates a card of the type; none: by the keywords for all cards.
    keyword_zh = models.CharField(max_length=10, blank=True)
    keyword_en = models.CharField(max_length=10, blank=True)
    # How many cards a person may have in hand, and how many one who may issue them.
    holding_limit = models.PositiveIntegerField()
    administrator_limit = models.PositiveIntegerField()
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    product_versions = models.ManyToManyField(
        ProductVersion, through="TypeProduct", related_name="document_type_versions"
    )
    defined_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    defined_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["document_type", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document_type", "number"], name="document_type_version_has_its_own_number"
            ),
            models.CheckConstraint(condition=Q(face_value__gt=0), name="a_card_has_a_face_value"),
            models.CheckConstraint(
                condition=Q(pin_length__gte=SHORTEST_PIN, pin_length__lte=LONGEST_PIN),
                name="a_pin_has_8_to_16_digits",
            ),
            models.CheckConstraint(
                condition=Q(deadline_months__isnull=False, deadline_day__isnull=True)
                | Q(deadline_months__isnull=True, deadline_day__isnull=False),
                name="a_deadline_is_so_many_months_or_a_fixed_day",
            ),
            models.CheckConstraint(
                condition=Q(deadline_months__gte=1), name="a_card_can_be_activated_for_a_month"
            ),
            models.CheckConstraint(
                condition=Q(use_by_months__gte=1), name="stock_may_be_sold_for_a_month"
            ),
            models.CheckConstraint(
                condition=Q(keyword_zh__regex=CHINESE_KEYWORD, keyword_en__regex=ENGLISH_KEYWORD),
                name="a_keyword_is_letters_or_characters_alone",
            ),
            # What begins a message names one kind of card, by whatever version it was printed.
            *(
                ExclusionConstraint(
                    name=f"a_keyword_in_{language}_is_one_document_types",
                    expressions=[
                        (field, RangeOperators.EQUAL),
                        ("document_type", RangeOperators.NOT_EQUAL),
                    ],
                    condition=~Q((field, "")),
                )
                for language, field in (("chinese", "keyword_zh"), ("english", "keyword_en"))
            ),
            models.CheckConstraint(
                condition=Q(holding_limit__gte=1), name="a_person_may_hold_at_least_one_card"
            ),
            models.CheckConstraint(
                condition=Q(administrator_limit__gte=1),
                name="an_administrator_may_hold_at_least_one_card",
            ),
        ]
        triggers: ClassVar = append_only("document_type_version")

    def __str__(self) -> str:
        return f"{self.document_type} v{self.number}"

    @property
    def code(self) -> str:
        return self.document_type.code

    @property
    def name(self) -> str:
        """The name that is printed on the card, in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en

    @property
    def value(self) -> Money:
        return Money(self.face_value, self.currency)


class TypeProduct(models.Model):
    """A product version that the cards of a document type version may become."""

    type_version = models.ForeignKey(DocumentTypeVersion, models.PROTECT)
    product_version = models.ForeignKey(ProductVersion, models.PROTECT)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["type_version", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["type_version", "product_version"], name="a_type_offers_a_product_once"
            )
        ]
        triggers: ClassVar = append_only("type_product")


class Printer(models.Model):
    """A printing house, and the public key (age) that only it can open a print file with."""

    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    public_key = models.CharField(max_length=100)
    registered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class Batch(models.Model):
    """One print order: a run of consecutive serials of one document type version.

    Serials, deadline and use-by day are fixed when a second person approves. A batch that is
    refused has used no serial; one that is cancelled later keeps its serials, and no card is ever
    made for them.
    """

    class State(models.TextChoices):
        ORDERED = "ordered", _("ordered")
        APPROVED = "approved", _("approved")
        GENERATING = "generating", _("being made")
        GENERATED = "generated", _("made")
        CANCELLED = "cancelled", _("cancelled")
        REFUSED = "refused", _("refused")

    number = models.CharField(max_length=20, unique=True)
    type_version = models.ForeignKey(DocumentTypeVersion, models.PROTECT, related_name="batches")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    printer = models.ForeignKey(Printer, models.PROTECT, related_name="batches")
    count = models.PositiveIntegerField()
    serials = BigIntegerRangeField(null=True)
    deadline = models.DateField(null=True)
    # The last day, itself included, on which stock may be issued and sold; none: to the deadline.
    use_by = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.ORDERED)
    ordered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    # Why it was refused or cancelled.
    reason = models.TextField(blank=True)
    work = models.OneToOneField(Work, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-ordered_at", "-id"]
        constraints: ClassVar = [
            # No serial is ever printed twice, in whatever batch or type.
            ExclusionConstraint(
                name="batch_serial_is_reserved_once",
                expressions=[("serials", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="a_batch_has_at_least_one_card"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["ordered", "refused"],
                    serials__isnull=True,
                    deadline__isnull=True,
                    use_by__isnull=True,
                )
                | Q(
                    state__in=["approved", "generating", "generated"],
                    serials__isnull=False,
                    deadline__isnull=False,
                )
                | Q(state="cancelled"),
                name="batch_has_serials_and_deadline_once_approved",
            ),
            models.CheckConstraint(
                condition=Q(use_by__isnull=True)
                | Q(deadline__isnull=False, use_by__lte=F("deadline")),
                name="batch_is_sold_no_longer_than_it_can_be_activated",
            ),
            models.CheckConstraint(
                condition=Q(serials__isnull=True)
                | Q(
                    serials__isempty=False,
                    serials__lower_inf=False,
                    serials__upper_inf=False,
                    serials__endswith=F("serials__startswith") + F("count"),
                ),
                name="batch_has_as_many_serials_as_cards",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_by__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_by__isnull=True)),
                name="batch_is_cancelled_exactly_when_somebody_cancelled_it",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("ordered_by")),
                name="nobody_approves_the_batch_they_ordered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ordered", "cancelled"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="a_batch_is_made_only_when_somebody_approved",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by__isnull=True, cancelled_at__isnull=True)
                | Q(cancelled_by__isnull=False, cancelled_at__isnull=False),
                name="batch_cancelling_has_its_time",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="batch_goes_its_way",
                field="state",
                transitions=[
                    ("ordered", "approved"),
                    ("ordered", "refused"),
                    ("ordered", "cancelled"),
                    ("approved", "generating"),
                    ("approved", "cancelled"),
                    ("generating", "generated"),
                    ("generating", "cancelled"),
                ],
            ),
            refused(
                "batch_serials_and_deadline_stay",
                pgtrigger.UpdateOf("serials", "deadline", "use_by", "count", "type_version_id"),
                condition=pgtrigger.Q(old__serials__isnull=False)
                & (
                    pgtrigger.Q(old__serials__df=pgtrigger.F("new__serials"))
                    | pgtrigger.Q(old__deadline__df=pgtrigger.F("new__deadline"))
                    | pgtrigger.Q(old__use_by__df=pgtrigger.F("new__use_by"))
                    | pgtrigger.Q(old__count__df=pgtrigger.F("new__count"))
                    | pgtrigger.Q(old__type_version__df=pgtrigger.F("new__type_version"))
                ),
            ),
            batch_follows_its_type(),
            refused(
                "batch_order_stays",
                pgtrigger.UpdateOf("ordered_by_id", "organisation_id", "printer_id"),
                condition=pgtrigger.Q(old__ordered_by__df=pgtrigger.F("new__ordered_by"))
                | pgtrigger.Q(old__organisation__df=pgtrigger.F("new__organisation"))
                | pgtrigger.Q(old__printer__df=pgtrigger.F("new__printer")),
            ),
            refused(
                "batch_decision_stays",
                pgtrigger.UpdateOf("decided_by_id", "decided_at"),
                condition=pgtrigger.Q(old__decided_by__isnull=False)
                & (
                    pgtrigger.Q(old__decided_by__df=pgtrigger.F("new__decided_by"))
                    | pgtrigger.Q(old__decided_at__df=pgtrigger.F("new__decided_at"))
                ),
            ),
            refused("batch_is_kept", pgtrigger.Delete),
            never_truncated("batch"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def run(self) -> SerialRun:
        """The serials that approval reserved."""
        return SerialRun.of(self.serials)

    @property
    def last_day(self) -> date:
        """The last day, itself included, on which a card of the batch can be activated."""
        assert self.deadline is not None, f"{self.number} is not approved"
        return self.deadline


class BatchKey(models.Model):
    """The two keys under which a batch's PINs are digested, sealed by the wrapping key.

    One making of a batch has one key row. A making that starts anew deletes the row, and with it
    whatever sheets the broken one left: a straggler can no longer add to them.
    """

    batch = models.OneToOneField(Batch, models.PROTECT, related_name="key")
    pin_key = models.BinaryField()
    selector_key = models.BinaryField()

    class Meta:
        triggers: ClassVar = [
            made_once_only_for_a_batch_in_the_making("batch_key", "OLD.batch_id"),
            refused("batch_key_is_never_changed", pgtrigger.Update),
            never_truncated("batch_key"),
        ]


class PinSheet(models.Model):
    """The digests of up to 1,000 PINs in a row: 16 bytes for each PIN, 2 for each selector.

    Nothing here gives a PIN back, and without the keys nothing can even be tried.
    """

    key = models.ForeignKey(BatchKey, models.CASCADE, related_name="sheets")
    first_serial = models.BigIntegerField(unique=True)
    cards = models.PositiveSmallIntegerField()
    digests = models.BinaryField()
    selectors = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cards__gte=1, cards__lte=1000), name="a_pin_sheet_has_up_to_1000_cards"
            ),
        ]
        triggers: ClassVar = [
            made_once_only_for_a_batch_in_the_making(
                "pin_sheet", "(SELECT batch_id FROM cards_batchkey WHERE id = OLD.key_id)"
            ),
            refused("pin_sheet_is_never_changed", pgtrigger.Update),
            never_truncated("pin_sheet"),
        ]


class PrintFile(models.Model):
    """The encrypted file that a printer gets: made once, released by two people, taken once.

    The PINs exist nowhere else. If it is lost, its cards are void.
    """

    batch = models.OneToOneField(Batch, models.PROTECT, related_name="print_file")
    name = models.CharField(max_length=60, unique=True)
    recipient = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    cards = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    release_asked_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    released_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    downloaded_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    downloaded_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    released_by__isnull=True,
                    released_at__isnull=True,
                    release_asked_by__isnull=True,
                )
                | (
                    Q(
                        released_by__isnull=False,
                        released_at__isnull=False,
                        release_asked_by__isnull=False,
                    )
                    & ~Q(released_by=F("release_asked_by"))
                ),
                name="two_people_release_a_print_file",
            ),
            models.CheckConstraint(
                condition=Q(downloaded_by__isnull=True, downloaded_at__isnull=True)
                | Q(
                    downloaded_by__isnull=False,
                    downloaded_at__isnull=False,
                    released_at__isnull=False,
                ),
                name="a_print_file_leaves_only_when_released",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "print_file_leaves_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__downloaded_at__isnull=False),
            ),
            refused("print_file_is_kept", pgtrigger.Delete),
            never_truncated("print_file"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key_ending(self) -> str:
        """The last four characters of the printer's key, as the printer reads them out."""
        return self.recipient[-4:]
