"""Templates: what the insurer says in words of its own, and which words nobody could be told."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from selfcard.core.money import Money
from selfcard.core.papers import Text
from selfcard.core.refusals import Refusal
from selfcard.messaging.commands import withdraw_template
from selfcard.messaging.errors import (
    BraceAlone,
    NoSubjectHere,
    NoSuchOccasion,
    NoWordsOfYourOwn,
    PlaceMissing,
    SubjectMissing,
    SubjectNotOneLine,
    TemplateChangedMeanwhile,
    TemplateEmpty,
    TemplateTooLong,
    UnknownPlace,
)
from selfcard.messaging.models import Message, Template, TemplateKey
from selfcard.messaging.occasions import Occasion, occasions, put_together, register, said
from selfcard.messaging.queries import template_versions
from selfcard.messaging.templates import check
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from selfcard.policies.telling import CONTACT_CHANGED, ISSUED
from selfcard.sms.segments import cut
from tests.factories.activation import activate, paid_cards
from tests.factories.messaging import reword
from tests.factories.organisations import Insurer, a_staff_member
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
TYPE = "AC-100"
OWN = "Welcome! {number} is your policy."
FACTS = {
    "number": "P0000481237469",
    "product": Text(zh="旅行险", en="Travel"),
    "first": date(2027, 3, 1),
    "last": date(2028, 2, 29),
}


def back(insurer: Insurer, **key: Any) -> Template:
    it = TemplateKey(**{"occasion": "policy_issued", "language": "en", **key})
    latest = template_versions(it).first()
    return withdraw_template(
        key=it,
        begins_from=latest.version if latest else 0,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


def told(language: str = "en", document_type: str = "") -> str:
    return said(ISSUED, FACTS, language=language, document_type=document_type).words


# Whose words are said


def test_without_words_of_ones_own_the_built_in_ones_are_said_in_the_readers_language() -> None:
    assert told() == (
        "Lantern Insurance: Your card is activated. Policy P0000481237469, Travel, covers"
        " 1 Mar 2027 to 29 Feb 2028. Look it up or download it at any time:"
        f" {settings.PUBLIC_ADDRESS}"
    )
    with translation.override("en"):
        assert "【灯塔保险】您的卡已激活" in told("zh-hans")
        assert "旅行险，保险期间 2027年3月1日至2028年2月29日" in told("zh-hans")


def test_the_types_own_words_come_before_those_for_all_and_these_before_the_built_in_ones(
    insurer: Insurer,
) -> None:
    reword(insurer, "For all: {number}")
    assert told() == told(document_type=TYPE) == "Lantern Insurance: For all: P0000481237469"

    reword(insurer, "For some: {number}", document_type=TYPE)
    assert told(document_type=TYPE) == "Lantern Insurance: For some: P0000481237469"
    assert told(document_type="OTHER") == told() == "Lantern Insurance: For all: P0000481237469"
    assert "您的卡已激活" in told("zh-hans", TYPE)


def test_going_back_is_a_version_after_which_what_holds_otherwise_is_said(insurer: Insurer) -> None:
    reword(insurer, "For all: {number}")
    reword(insurer, "For some: {number}", document_type=TYPE)

    back(insurer, document_type=TYPE)
    assert told(document_type=TYPE) == "Lantern Insurance: For all: P0000481237469"
    back(insurer)
    assert told(document_type=TYPE).startswith("Lantern Insurance: Your card is activated.")
    assert [
        (one.version, one.is_own) for one in template_versions(TemplateKey("policy_issued", "en"))
    ] == [
        (2, False),
        (1, True),
    ]


def test_whoever_activates_a_card_is_told_in_the_words_for_its_type(insurer: Insurer) -> None:
    reword(insurer, "Not this: {number}")
    reword(insurer, OWN, document_type=TYPE, subject="Hello {product}")

    with translation.override("en"):
        policy = activate(paid_cards(insurer)[0])

    sms, email = Message.objects.filter(occasion="policy_issued").order_by("pk")
    assert (
        sms.words == email.words == f"Lantern Insurance: Welcome! {policy.number} is your policy."
    )
    assert email.subject == f"Lantern Insurance: Hello {policy.product_version.name_en}"


def test_what_is_said_is_asked_in_one_statement(insurer: Insurer) -> None:
    reword(insurer, OWN)
    with CaptureQueriesContext(connection) as asked:
        told(document_type=TYPE)

    assert len(asked) == 1


def test_words_from_before_a_fact_was_lost_give_way(insurer: Insurer) -> None:
    Template.objects.create(
        occasion="policy_issued", language="en", version=1, words="{number} {colour}",
        changed_by=insurer.chief, changed_at="2026-01-01T00:00Z",
    )  # fmt: skip

    assert "Your card is activated" in told()


def test_whoever_tells_gives_every_fact() -> None:
    with pytest.raises(TypeError, match="first, last"):
        said(ISSUED, {"number": "P1", "product": "Travel"}, language="en")


def test_an_occasion_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register(ISSUED)


# What the rooms declare


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_built_in_words_could_be_templates_and_are_short(language: str) -> None:
    for one in occasions():
        check(one, *one.built_in(language))
        parts = cut(put_together(*one.built_in(language), one.samples, language).words, 0)
        assert len(parts) <= 3, one.code
        assert len(one.code) <= 30
        assert one.needed <= set(one.places)


def test_amounts_and_days_are_told_as_readers_write_them() -> None:
    one = Occasion("x", gettext_lazy("x"), "", gettext_lazy("x"), {})
    facts = {"amount": Money(Decimal("1280"), "CNY"), "day": date(2027, 3, 1), "count": 3}
    assert put_together("", "{amount} {day} {count}", facts, "en").words == (
        "Lantern Insurance: ¥1,280.00 1 Mar 2027 3"
    )
    assert put_together("", "{day}", facts, "zh-hans").words == "【灯塔保险】2027年3月1日"
    assert one.by_email is False


# Words by which nobody could be told something


@pytest.mark.parametrize(
    ("subject", "words", "refusal", "field"),
    [
        ("Welcome", "", TemplateEmpty, "words"),
        ("Welcome", "  \n ", TemplateEmpty, "words"),
        ("", OWN, SubjectMissing, "subject"),
        ("Wel\ncome", OWN, SubjectNotOneLine, "subject"),
        ("W" * 101, OWN, TemplateTooLong, "subject"),
        ("Welcome", OWN + "!" * 500, TemplateTooLong, "words"),
        ("Welcome", "Your policy is there.", PlaceMissing, "words"),
        ("Welcome {number}", "Your policy is there.", PlaceMissing, "words"),
        ("Welcome", OWN + " {colour}", UnknownPlace, "words"),
        ("Welcome {pin}", OWN, UnknownPlace, "subject"),
        ("Welcome", OWN + " {}", UnknownPlace, "words"),
        ("Welcome", OWN + " {help", BraceAlone, "words"),
        ("Welcome", OWN + " help}", BraceAlone, "words"),
    ],
)
def test_words_that_nobody_could_be_told_are_refused_at_their_field(
    insurer: Insurer, subject: str, words: str, refusal: type[Refusal], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        reword(insurer, words, subject=subject)

    assert refused.value.field == field
    assert not Template.objects.exists()


def test_a_refusal_names_what_is_wrong_and_what_can_be_filled_in(insurer: Insurer) -> None:
    with translation.override("en"), pytest.raises(UnknownPlace) as refused:
        reword(insurer, OWN + " {colour}")
    with translation.override("en"):
        assert str(refused.value) == (
            "Nothing can be filled in for {colour} here. What can be is: {number}, {product},"
            " {first}, {last}, {address}, {help}."
        )


def test_what_is_told_by_sms_alone_has_no_subject(insurer: Insurer) -> None:
    words = "{number} was changed; call {help}"
    with pytest.raises(NoSubjectHere):
        reword(insurer, words, occasion=CONTACT_CHANGED.code)
    assert reword(insurer, words, occasion=CONTACT_CHANGED.code, subject="").version == 1


def test_braces_and_line_ends_are_taken_however_they_are_typed(insurer: Insurer) -> None:
    made = reword(
        insurer, " 您好！\r\n保单｛ number ｝已生效。 \r\n", subject=" 您好 ", language="zh-hans"
    )

    assert (made.subject, made.words) == ("您好", "您好！\n保单{number}已生效。")


def test_there_is_nothing_to_say_on_an_occasion_that_nobody_tells_of(insurer: Insurer) -> None:
    with pytest.raises(NoSuchOccasion):
        reword(insurer, OWN, occasion="birthday")


# Who writes them


def test_whoever_says_what_document_types_are_writes_them_and_only_at_head_office(
    insurer: Insurer,
) -> None:
    elsewhere = a_staff_member("7003", insurer.other_branch, May.DEFINE_TYPES)
    for actor in (insurer.actor("keeper"), staff_actor(elsewhere)):
        with pytest.raises(NotAuthorised):
            reword(insurer, OWN, actor=actor)
        with pytest.raises(NotAuthorised):
            withdraw_template(
                key=TemplateKey("policy_issued", "en"),
                begins_from=0,
                actor=actor,
                request_id=uuid4(),
            )


def test_whoever_began_from_an_older_version_reads_it_first(insurer: Insurer) -> None:
    reword(insurer, OWN)

    with pytest.raises(TemplateChangedMeanwhile) as refused:
        reword(insurer, OWN, begins_from=0)
    assert refused.value.facts == {"name": insurer.chief.party.name}


def test_there_is_nothing_to_go_back_from_without_words_of_ones_own(insurer: Insurer) -> None:
    with pytest.raises(NoWordsOfYourOwn):
        back(insurer)
    reword(insurer, OWN)
    back(insurer)
    with pytest.raises(NoWordsOfYourOwn):
        back(insurer)


# What PostgreSQL keeps


def test_postgresql_keeps_every_version_as_it_was(insurer: Insurer) -> None:
    made = reword(insurer, OWN)
    rows = Template.objects.filter(pk=made.pk)

    with refused_by_postgresql("template_is_never_changed"):
        rows.update(words="Something else")
    with refused_by_postgresql("template_is_never_changed"):
        rows.delete()
    with refused_by_postgresql("template_is_never_emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE messaging_template")


@pytest.mark.parametrize(
    ("promise", "changes"),
    [
        ("a_template_version_has_its_own_number", {}),
        ("a_template_begins_with_version_one", {"version": 0}),
        ("a_template_with_a_subject_has_words", {"version": 2, "words": ""}),
    ],
)
def test_postgresql_refuses_versions_that_cannot_be(
    insurer: Insurer, promise: str, changes: dict[str, Any]
) -> None:
    made = reword(insurer, OWN)
    made.pk = None
    for name, value in changes.items():
        setattr(made, name, value)

    with refused_by_postgresql(promise):
        made.save(force_insert=True)
