"""What the office's forms take, how they say no, and that sending one twice does nothing twice."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation

from selfcard.core.actor import Actor
from selfcard.core.refusals import Operation, Refusal, RequestReused
from selfcard.core.serials import SerialRun, card_number
from selfcard.organisations.models import May, Party
from selfcard.web.office.fields import MoneyField, PartyCodeField, SerialRunsField
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from tests.factories.organisations import Insurer, an_insurer

TYPE = 620118 * 10**9


class CardsForm(OfficeForm):
    runs = SerialRunsField()
    remark = forms.CharField(required=False)


class HandOverForm(OfficeForm):
    to = PartyCodeField(May.ISSUE_CARDS)
    amount = MoneyField(required=False)


class NotHeld(Refusal):
    message = "Not held: %(serials)s."
    default_field = "serials"


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


def typed(**data: str | list[str]) -> QueryDict:
    """A form as a browser sends it."""
    query = QueryDict(mutable=True)
    for name, value in {"request_id": str(uuid4()), **data}.items():
        part = name.replace("_", "-") if name.startswith("runs") else name
        query.setlist(part, [value] if isinstance(value, str) else value)
    return query


def runs_of(**data: str | list[str]) -> tuple[SerialRun, ...]:
    form = CardsForm(typed(**data), actor=Actor.system())
    assert form.is_valid(), form.errors
    return form.cleaned_data["runs"]


def problem_of(**data: str | list[str]) -> str:
    form = CardsForm(typed(**data), actor=Actor.system())
    assert not form.is_valid()
    return str(form.errors["runs"][0])


# Serial ranges


def test_a_run_is_first_and_last_or_first_and_how_many() -> None:
    whole = SerialRun(TYPE + 1, TYPE + 200)

    assert runs_of(runs_first="620118000000001", runs_last="620118 000 000 200") == (whole,)
    assert runs_of(runs_first="620118000000001", runs_count="200") == (whole,)
    assert runs_of(runs_first="620118000000001", runs_last="200") == (whole,)


def test_a_single_card_is_a_run_and_its_card_number_will_do() -> None:
    assert runs_of(runs_first=card_number(TYPE + 7)) == (SerialRun(TYPE + 7, TYPE + 7),)


def test_several_runs_are_kept_apart() -> None:
    assert runs_of(
        runs_first=["620118000000001", "620118000000301"],
        runs_last=["200", ""],
        runs_count=["", "5"],
    ) == (SerialRun(TYPE + 1, TYPE + 200), SerialRun(TYPE + 301, TYPE + 305))


def test_full_width_figures_and_thousands_are_understood() -> None:
    assert runs_of(runs_first="６２０１１８００００００００１", runs_count="1,000") == (
        SerialRun(TYPE + 1, TYPE + 1000),
    )


def test_what_is_wrong_with_a_range_is_said_at_the_field() -> None:
    first = "620118000000010"

    assert "Name the cards" in problem_of()
    assert "reversed" in problem_of(runs_first=first, runs_last="9")
    assert "not a serial" in problem_of(runs_first="abc")
    assert "typing mistake" in problem_of(runs_first="6201180000000105")
    assert "not a number of cards" in problem_of(runs_first=first, runs_count="-3")
    assert "are 11 cards, not 12" in problem_of(runs_first=first, runs_last="20", runs_count="12")
    assert "first serial is missing" in problem_of(runs_last=first)


def test_a_form_says_how_many_runs_it_takes() -> None:
    many = [str(TYPE + 2 * at) for at in range(2001)]

    assert len(runs_of(runs_first=many[:2000])) == 2000
    assert "2,001 runs" in problem_of(runs_first=many)


# Codes


@pytest.mark.parametrize("text", ["I02", "i02", "I02  员工I02 Person I02", "Person I02"])
def test_a_party_is_named_by_code_or_by_name(insurer: Insurer, text: str) -> None:
    form = HandOverForm(typed(to=text), actor=insurer.actor("keeper"))

    assert form.is_valid(), form.errors
    assert form.cleaned_data["to"] == insurer.seller.party


def test_a_party_is_named_by_its_pinyin(insurer: Insurer) -> None:
    Party.objects.filter(code="I02").update(pinyin="zhou ting")

    form = HandOverForm(typed(to="Zhou Ting"), actor=insurer.actor("keeper"))

    assert form.is_valid(), form.errors


def test_a_name_that_fits_several_asks_for_the_code(insurer: Insurer) -> None:
    Party.objects.filter(code__in=["I02", "I03"]).update(name_en="Li Wei")

    form = HandOverForm(typed(to="Li Wei"), actor=insurer.actor("keeper"))

    assert "fits several" in form.errors["to"][0]


def test_whoever_is_out_of_reach_is_as_unknown_as_nobody(insurer: Insurer) -> None:
    for code in (insurer.other_keeper.code, "NOBODY"):
        form = HandOverForm(typed(to=code), actor=insurer.actor("keeper"))
        assert f"nothing with the code “{code}”" in form.errors["to"][0]


def test_the_choices_show_only_who_is_in_reach(insurer: Insurer) -> None:
    page = str(HandOverForm(actor=insurer.actor("keeper")))

    assert 'value="I02"' in page
    assert 'value="O01"' not in page


def test_money_may_be_typed_with_separators() -> None:
    assert MoneyField().clean("¥ 12,000.50") == Decimal("12000.50")


# Saying no


def test_a_refusal_is_shown_at_its_field_with_the_deed_that_helps() -> None:
    form = CardsForm(typed(runs_first="620118000000001"), actor=Actor.system())
    assert form.is_valid()

    with refusals_shown_on(form):
        raise NotHeld(serials="1–2", help=Operation.named("inquiry.card", number="1"))

    (problem,) = form.problems
    assert problem.text == "Cards: Not held: 1–2."
    assert problem.target == "id_runs_group"
    assert problem.help is not None
    assert form.status == 422


def test_a_refusal_about_nothing_that_was_asked_stands_on_top() -> None:
    form = CardsForm(typed(runs_first="620118000000001"), actor=Actor.system())

    with refusals_shown_on(form):
        raise NotHeld(field="elsewhere", serials="1")

    assert form.non_field_errors() == ["Not held: 1."]


def test_every_problem_names_its_field_and_the_field_names_the_problem() -> None:
    form = CardsForm(typed(), actor=Actor.system())
    page = str(form)

    (problem,) = form.problems
    assert f'id="{problem.target}"' in page
    assert 'aria-describedby="id_runs_error"' in page
    assert 'id="id_runs_error"' in page


# Once


def test_a_form_keeps_its_request_from_attempt_to_attempt() -> None:
    fresh = CardsForm(actor=Actor.system())
    request_id = fresh["request_id"].value()

    again = CardsForm(typed(request_id=str(request_id)), actor=Actor.system())

    assert str(request_id) in str(again)
    assert str(CardsForm(actor=Actor.system())["request_id"].value()) != str(request_id)


def test_a_request_that_was_used_for_something_else_starts_anew() -> None:
    used = str(uuid4())
    form = CardsForm(typed(request_id=used, runs_first="620118000000001"), actor=Actor.system())
    assert form.is_valid()

    with refusals_shown_on(form):
        raise RequestReused

    assert used not in str(form)


def test_a_form_without_a_request_is_not_sent() -> None:
    form = CardsForm(typed(request_id="", runs_first="620118000000001"), actor=Actor.system())

    assert "too old" in next(iter(form.problems)).text
