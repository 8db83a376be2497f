"""The demo insurer's products: drafted by its product manager, published by its actuary."""

from selfcard.core.papers.facts import Text
from selfcard.demo.cast import as_
from selfcard.demo.products.catalogue import CHOICES, PRODUCTS, ProductOf
from selfcard.demo.products.clauses import clauses
from selfcard.products.ages import Length, LengthUnit
from selfcard.products.cancelling import Repayment
from selfcard.products.commands import (
    define_product,
    draft_version,
    publish_version,
    submit_version,
)
from selfcard.products.given import VersionGiven
from selfcard.products.models import ProductVersion

LENGTHS = {
    Length(1): Text(zh="一年", en="one year"),
    Length(15, LengthUnit.DAYS): Text(zh="十五日", en="fifteen days"),
}
NOTHING_BACK = Text(
    zh="保险责任开始后，投保人可以书面或者通过客服电话申请解除本合同，保险费不予退还。",
    en="After cover has begun the applicant may end it in writing or by telephone; nothing is"
    " returned.",
)
UNEARNED_BACK = Text(
    zh="此后，投保人可以书面或者通过客服电话申请解除本合同，我们自收到申请之日起三十日内退还"
    "未满期净保险费；已经给付过保险金的，不退还保险费。未满期净保险费=保险费×（1－{rate}）×"
    "（1－已经过日数÷保险期间日数），经过日数不足一日的按一日计算。",
    en="Later the applicant may end it in writing or by telephone. Within thirty days we return"
    " the unearned net premium; nothing is returned once a benefit was paid. It is premium ×"
    " (1 − {rate}) × (1 − days passed ÷ days of the period); a day that has begun counts whole.",
)
AUTHOR, PUBLISHER = "H004", "H005"


def publish_products() -> dict[str, tuple[ProductVersion, ...]]:
    """Publish all products; by document type, what its cards may become."""
    published = {one.code: _published(one) for one in PRODUCTS}
    return {
        type_code: tuple(published[code] for code in codes) for type_code, codes in CHOICES.items()
    }


def _published(one: ProductOf) -> ProductVersion:
    product = define_product(code=one.code, kind=one.kind, name=one.name, **as_(AUTHOR))
    given = VersionGiven(
        name=one.name,
        summary=one.summary,
        tax_rate=one.tax_rate,
        rules=one.rules,
        coverages=one.coverages,
        exclusions=one.exclusions,
        claim_hours=one.claim_hours,
        claim_papers=one.claim_papers,
        clauses=Text(zh=_clauses(one, "zh"), en=_clauses(one, "en")),
    )
    draft = draft_version(product=product, given=given, **as_(AUTHOR))
    submit_version(version=draft, **as_(AUTHOR))
    return publish_version(version=draft, as_drafted_at=draft.drafted_at, **as_(PUBLISHER))


def _clauses(one: ProductOf, language: str) -> str:
    def told(text: Text) -> str:
        return text.zh if language == "zh" else text.en

    length = LENGTHS[one.rules.length]
    period = Text(
        zh=f"保险期间为{length.zh}，自起始日零时起至最后一日23时59分59秒止，以保险单载明的时间为准。",
        en=f"Cover lasts {length.en}, from 00:00 of the first day to 23:59:59 of the last;"
        " the times in the policy count.",
    )
    cooling_off = Text(zh="", en="")
    if days := one.rules.cooling_off_days:
        cooling_off = Text(
            zh=f"，或者自保险单签发之日起{days}日内", en=f", or within {days} days of issue,"
        )
    afterwards = NOTHING_BACK if one.rules.repayment == Repayment.NOTHING else UNEARNED_BACK
    tax = (
        Text(zh="该金额免征增值税。", en="It is exempt from value added tax.")
        if one.tax_rate is None
        else Text(
            zh=f"该金额已含增值税，税率为{one.tax_rate:.0%}。",
            en=f"It includes value added tax at {one.tax_rate:.0%}.",
        )
    )
    return clauses(
        language,
        passages=one.passages,
        exclusions=tuple(told(text) for text in one.exclusions),
        places={
            "who": told(one.who),
            "tax": told(tax),
            "period": told(period),
            "earliest": str(one.rules.starts_earliest),
            "latest": str(one.rules.starts_latest),
            "claim_hours": str(one.claim_hours),
            "definitions": told(one.definitions),
            "cooling_off": told(cooling_off),
            "afterwards": told(afterwards).format(rate=f"{one.rules.expense_rate:.0%}"),
        },
    )
