"""One filled example of every paper of a sale."""

from datetime import date

from selfcard.core.papers import Name, Text
from selfcard.core.serials import SerialRun
from selfcard.sales.papers import ChargeListFacts, NoticeFacts, NoticePart
from tests.factories.papers.names import CARD, CARDS, INSTITUTION, KEEPER, PORTAL, at, yuan


def a_charge_list() -> ChargeListFacts:
    return ChargeListFacts(
        number="S-2026-0048213",
        registered_at=at(2, 15, 18),
        document_type=CARD,
        face_value=yuan("100.00"),
        deadline=date(2027, 12, 31),
        runs=(CARDS, SerialRun(620118_000_412_301, 620118_000_412_301)),
        count=201,
        amount=yuan("20100.00"),
        seller_organisation=INSTITUTION,
        seller=Name(zh="刘洋", en="Liu Yang", code="E1077"),
        due_on=date(2026, 12, 2),
        agreement="AG-03-2026",
        business_source=Name(zh="专业代理", en="Agency", code="agency"),
        agency=Name(zh="浙江恒信保险代理有限公司", en="Hengxin Insurance Agency", code="AG-03"),
        registered_by=KEEPER,
        customer_reference="绿源物业 2026-11",
    )


def a_notice() -> NoticeFacts:
    return NoticeFacts(
        number="S-2026-0048213",
        paid_on=date(2026, 11, 4),
        document_type=CARD,
        products=(
            Name(zh="安心意外险", en="Steady Accident"),
            Name(zh="长者关爱意外险", en="Senior Care Accident"),
        ),
        parts=(
            NoticePart(cards=CARDS, deadline=date(2027, 12, 31)),
            NoticePart(
                cards=SerialRun(620118_000_412_301, 620118_000_412_310),
                deadline=date(2028, 6, 30),
            ),
        ),
        seller_organisation=INSTITUTION,
        seller=Name(zh="刘洋", en="Liu Yang", code="E1077"),
        activate_address=PORTAL,
        sms_number="10690000",
        sms_activation=Text(
            zh="激活#卡号#密码#姓名#身份证号", en="ACT#card number#PIN#name#identity number"
        ),
    )
