"""How money comes and goes."""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from selfcard.payments.papers import AN_INDIVIDUAL


class TenderKind(models.TextChoices):
    """How a part of the money came, or went back."""

    CASH = "cash", _("Cash")
    TRANSFER = "transfer", _("Bank transfer")
    CARD = "card", _("Card terminal")
    CHEQUE = "cheque", _("Cheque")
    WALLET = "wallet", _("Mobile wallet")
    ADVANCE = "advance", _("Premium received in advance")
    PROMOTION = "promotion", _("Promotion expense")


# What a cashier takes in at a drawer and accounts for at the day's end.
AT_THE_DRAWER = (TenderKind.CASH, TenderKind.CARD, TenderKind.CHEQUE, TenderKind.WALLET)
# What an acquirer pays out later, less what went back that way.
PAID_OUT_LATER = (TenderKind.CARD, TenderKind.WALLET)
# What has arrived only when the bank says so.
ARRIVES_LATER = (TenderKind.TRANSFER, TenderKind.CHEQUE)
# What leaves a trace elsewhere, by which it is found there again.
WITH_REFERENCE = (TenderKind.TRANSFER, TenderKind.CARD, TenderKind.CHEQUE, TenderKind.WALLET)
# What pays without any money coming in.
NO_NEW_MONEY = (TenderKind.ADVANCE, TenderKind.PROMOTION)
# How money can go out: what came by cheque is paid back by transfer.
PAYS_OUT = tuple(kind for kind in TenderKind if kind != TenderKind.CHEQUE)


def found_by_reference(name: str) -> models.Index:
    """What a bank, an acquirer or a payer calls money by: found by how it begins, in any case."""
    return models.Index(OpClass(Upper("reference"), "text_pattern_ops"), name=name)


def names_its_drawer() -> Q:
    """Just what goes through a drawer names the day of one."""
    at_the_drawer = [kind.value for kind in AT_THE_DRAWER]
    return Q(kind__in=at_the_drawer, drawer_day__isnull=False) | (
        ~Q(kind__in=at_the_drawer) & Q(drawer_day__isnull=True)
    )


def names_its_account() -> Q:
    """Just an advance names whose it is."""
    return Q(kind="advance", account__isnull=False) | (~Q(kind="advance") & Q(account__isnull=True))


def names_its_reference() -> Q:
    return ~Q(kind__in=[kind.value for kind in WITH_REFERENCE]) | ~Q(reference="")


def named(name: str) -> str:
    """A payer for the reader: an individual in the reader's language, or the name given."""
    return str(_("An individual")) if name == AN_INDIVIDUAL.zh else name
