"""Who and what the examples are about."""

from datetime import datetime
from decimal import Decimal

from selfcard.core.clock import zone
from selfcard.core.money import Money
from selfcard.core.papers import Name
from selfcard.core.serials import SerialRun

BRANCH = Name(zh="杭州中心支公司", en="Hangzhou branch", code="3301")
INSTITUTION = Name(zh="西湖营业部", en="Xihu institution", code="330106")
KEEPER = Name(zh="陈静", en="Chen Jing", code="E1042")
CASHIER = Name(zh="王磊", en="Wang Lei", code="E1007")
CARD = Name(zh="安心意外卡 100 元", en="Accident card ¥100", code="AC-100")
CARDS = SerialRun(620118_000_412_001, 620118_000_412_200)
PORTAL = "https://cards.lantern.example/"


def yuan(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=zone())
