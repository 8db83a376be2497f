"""Codes that two people give at the same moment: one has it, and the other is told."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from selfcard.cards.commands import define_document_type, register_printer, types
from selfcard.cards.errors import (
    DocumentTypeCodeTaken,
    KeywordTaken,
    PrefixTaken,
    PrinterCodeTaken,
)
from selfcard.core.actor import Actor
from selfcard.core.papers.facts import Text
from selfcard.organisations import commands as organisations
from selfcard.organisations.commands import open_organisation
from selfcard.organisations.errors import CodeTaken
from selfcard.payments.commands import define_drawer
from selfcard.payments.commands import drawers as commands_of_drawers
from selfcard.payments.errors import DrawerCodeTaken
from selfcard.products import commands as products
from selfcard.products.commands import define_product
from selfcard.products.errors import ProductCodeTaken
from selfcard.sales.commands import agencies as commands_of_agencies
from selfcard.sales.commands import register_agency
from selfcard.sales.errors import AgencyCodeTaken
from tests.factories.cards import PRINTING_HOUSE, a_document_type, revise, some_terms
from tests.factories.organisations import an_insurer
from tests.factories.products import a_published_version
from tests.races.threads import at_once, held_back_after

pytestmark = pytest.mark.django_db(transaction=True)


def document_types(insurer, *names, **given):
    terms = some_terms((a_published_version(insurer),), **given)
    return [
        lambda code=code, prefix=prefix: define_document_type(
            code=code,
            prefix=prefix,
            terms=terms,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
        for code, prefix in names
    ]


def types_of_one_code(insurer):
    return document_types(insurer, ("AC-100", "620118"), ("AC-100", "620119"))


def types_of_one_prefix(insurer):
    return document_types(insurer, ("AC-100", "620118"), ("AC-200", "620118"))


def types_of_one_keyword(insurer):
    names = ("AC-100", "620118"), ("AC-200", "620119")
    return document_types(insurer, *names, keyword_en="SAFE")


def revisions_to_one_keyword(insurer):
    product = a_published_version(insurer)
    kinds = [
        a_document_type(insurer, code, prefix, product)
        for code, prefix in (("AC-100", "620118"), ("AC-200", "620119"))
    ]
    return [lambda kind=kind: revise(insurer, kind, keyword_zh="平安") for kind in kinds]


def printers(insurer):
    return [
        lambda: register_printer(
            code="P01",
            name_zh="安全印务",
            name_en="Secure Printing",
            public_key=str(PRINTING_HOUSE.to_public()),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
    ] * 2


def insurance_products(insurer):
    return [
        lambda: define_product(
            code="ACC",
            kind="accident",
            name=Text(zh="意外险", en="Accident insurance"),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
    ] * 2


def branches(insurer):
    return [
        lambda: open_organisation(
            code="1003",
            name_zh="分公司",
            name_en="Third branch",
            level="branch",
            parent=insurer.head_office,
            actor=Actor.system("test"),
            request_id=uuid4(),
        )
    ] * 2


def agencies(insurer):
    return [
        lambda: register_agency(
            code="AG-01",
            name_zh="恒信保险代理有限公司",
            name_en="Hengxin Insurance Agency",
            kind="agency",
            licence="260330000800",
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
    ] * 2


def drawers(insurer):
    return [
        lambda: define_drawer(
            organisation=insurer.institution,
            code="DRAWER-1",
            name_zh="钱箱一",
            name_en="Drawer 1",
            actor=insurer.actor("second"),
            request_id=uuid4(),
        )
    ] * 2


DEEDS = pytest.mark.parametrize(
    ("deeds", "refusal"),
    [
        (types_of_one_code, DocumentTypeCodeTaken),
        (types_of_one_prefix, PrefixTaken),
        (types_of_one_keyword, KeywordTaken),
        (revisions_to_one_keyword, KeywordTaken),
        (printers, PrinterCodeTaken),
        (insurance_products, ProductCodeTaken),
        (branches, CodeTaken),
        (agencies, AgencyCodeTaken),
        (drawers, DrawerCodeTaken),
    ],
)


WHERE_CODES_ARE_READ = (QuerySet, "exists"), (QuerySet, "first"), (types, "keywords_of_types")


@DEEDS
def test_of_two_who_give_one_code_at_once_the_second_is_told(deeds, refusal, monkeypatch):
    both = deeds(an_insurer())
    held_back_after(monkeypatch, *WHERE_CODES_ARE_READ)

    results = at_once(*both)

    assert sum(isinstance(result, refusal) for result in results) == 1, results
    assert sum(isinstance(result, Exception) for result in results) == 1, results


@DEEDS
def test_without_the_lock_postgresql_refuses_the_second_code(deeds, refusal, monkeypatch):
    both = deeds(an_insurer())
    for module in (types, products, organisations, commands_of_agencies, commands_of_drawers):
        monkeypatch.setattr(module, "lock", lambda *_: None)
    held_back_after(monkeypatch, *WHERE_CODES_ARE_READ)

    results = at_once(*both)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
