"""The words that are printed on a card, from its type, its products and where we are reached."""

from collections.abc import Sequence
from datetime import date

from django.conf import settings

from selfcard.cards.keywords import Deed, house_keyword
from selfcard.cards.models import Batch, DocumentTypeVersion
from selfcard.cards.papers import CARD_WORDS, CardWordsFacts
from selfcard.core import clock
from selfcard.core.papers import freeze_paper, frozen_facts
from selfcard.core.papers.engine import render
from selfcard.core.papers.facts import Name, Text
from selfcard.products.models import ProductVersion


def activation_by_sms(
    version: DocumentTypeVersion | None = None, products: Sequence[ProductVersion] = ()
) -> Text:
    """What is sent to activate a card; its keyword says in which language that is answered.

    A kind of card may have keywords of its own, and where it becomes only one product none has to
    be named.
    """
    zh = version.keyword_zh if version else ""
    en = version.keyword_en if version else ""
    names_none = len(products) == 1
    return Text(
        zh=(zh or house_keyword(Deed.ACTIVATE, "zh-hans"))
        + f"#卡号#密码#姓名#身份证号{'' if names_none else '#产品'}#职业",
        en=(en or house_keyword(Deed.ACTIVATE, "en"))
        + f"#card number#PIN#name#identity number{'' if names_none else '#product'}#occupation",
    )


def card_words(version: DocumentTypeVersion, deadline: date | None = None) -> CardWordsFacts:
    """The words on the cards of a type version; with the last day of a batch where there is one."""
    products = list(version.product_versions.order_by("typeproduct__order"))
    return CardWordsFacts(
        number=f"{version.code}-{version.number}",
        document_type=named(version),
        version=version.number,
        face_value=version.value,
        deadline=deadline,
        front=tuple(_front(version, products)),
        back=tuple(_back(version, products, deadline)),
    )


def freeze_card_words(batch: Batch) -> None:
    """Keep what the printer prints on the cards of a batch, when its last day is fixed."""
    words = card_words(batch.type_version, batch.deadline)
    freeze_paper(
        kind=CARD_WORDS,
        number=batch.number,
        facts=CardWordsFacts(**{**words.__dict__, "number": batch.number}),
    )


def card_words_pdf(version: DocumentTypeVersion, language: str) -> bytes:
    """The words on the cards of a type version, before any batch of it is ordered."""
    return render(CARD_WORDS, facts_since(version, card_words(version)), language)


def facts_since(version: DocumentTypeVersion, facts: object) -> dict[str, object]:
    """Facts about a type version, which holds since it was defined."""
    since = version.defined_at.astimezone(clock.zone())
    return frozen_facts(facts) | {"made_at": since.isoformat(timespec="seconds")}


def named(version: DocumentTypeVersion) -> Name:
    return Name(zh=version.name_zh, en=version.name_en, code=version.code)


def manual_address(version: DocumentTypeVersion) -> str:
    """Where the manual of a type version is read on the website."""
    return f"{settings.PUBLIC_ADDRESS}/manual/{version.code}/{version.number}/"


def deadline_told(version: DocumentTypeVersion) -> Text:
    """Until when a card can be activated, as long as no batch has fixed the day."""
    if day := version.deadline_day:
        return Text(zh=_chinese(day), en=_english(day))
    months = version.deadline_months
    return Text(
        zh=f"制卡批准之日起{months}个月", en=f"{months} months from the approval of the order"
    )


def _front(version: DocumentTypeVersion, products: Sequence[ProductVersion]) -> list[Text]:
    value = version.value
    return [
        Text(zh=settings.INSURER_NAME["zh-hans"], en=settings.INSURER_NAME["en"]),
        Text(zh=version.name_zh, en=version.name_en),
        Text(zh="自助保险卡", en="Self-service insurance card"),
        Text(
            zh=f"面值{value.amount.normalize():f}元",
            en=f"Value {value.currency} {value.amount.normalize():f}",
        ),
        Text(
            zh="激活时任选其一：" + "、".join(one.name_zh for one in products),
            en="Becomes one of: " + ", ".join(one.name_en for one in products),
        )
        if len(products) > 1
        else Text(zh=f"激活为：{products[0].name_zh}", en=f"Becomes: {products[0].name_en}"),
    ]


def _back(
    version: DocumentTypeVersion, products: Sequence[ProductVersion], deadline: date | None
) -> list[Text]:
    address, phone, sms = settings.PUBLIC_ADDRESS, settings.HELP_NUMBER, settings.SMS_NUMBER
    lines = [
        Text(zh="卡号", en="Card number"),
        Text(zh="密码：请刮开涂层", en="PIN: scratch off the panel"),
        Text(
            zh="激活后方可获得保障，未激活的卡片不承担保险责任。",
            en="Nobody is insured before the card is activated.",
        ),
        Text(
            zh=f"激活方式：扫描涂层下的二维码，或者打开{address}，输入卡号和密码。",
            en=f"To activate: scan the code under the panel, or open {address} and type card number"
            " and PIN.",
        ),
    ]
    if sms:
        pattern = activation_by_sms(version, products)
        lines.append(
            Text(
                zh=f"或者发送短信“{pattern.zh}”至{sms}。",
                en=f"Or send “{pattern.en}” to {sms}.",
            )
        )
    lines.append(
        Text(
            zh=f"或者致电{phone}，或者到我们的任一网点办理。",
            en=f"Or call {phone}, or come to any of our offices.",
        )
    )
    until = Text(zh=_chinese(deadline), en=_english(deadline)) if deadline else None
    until = until or deadline_told(version)
    return [
        *lines,
        Text(
            zh=f"最晚激活日（含当日）：{until.zh}",
            en=f"Last day to activate, that day included: {until.en}",
        ),
        Text(zh=f"使用手册：{manual_address(version)}", en=f"Manual: {manual_address(version)}"),
        Text(zh="请勿将密码告诉他人。", en="Tell the PIN to nobody."),
    ]


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _english(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
