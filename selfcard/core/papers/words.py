"""Sums of money in words, so that a figure on paper cannot be altered with a pen stroke."""

from __future__ import annotations

from decimal import Decimal

from selfcard.core.money import Money

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "兆")

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_THOUSANDS = ("", " thousand", " million", " billion", " trillion")

# currency: Chinese name, English unit, English hundredth
_CURRENCIES = {
    "CNY": ("人民币", "yuan", "fen"),
    "HKD": ("港元", "Hong Kong dollars", "cents"),
    "USD": ("美元", "US dollars", "cents"),
}


def amount_in_words(money: Money) -> tuple[str, str]:
    """Write a sum in words, Chinese first, then English.

    The Chinese follows the rules for filling in bills (支付结算办法): 整 after a sum
    without fen, 零 for every gap, and 负 before a sum that is taken back.
    """
    amount = money.amount.quantize(Decimal("0.01"))
    if amount != money.amount:
        raise ValueError(f"{money.amount} has parts smaller than a hundredth")
    whole, hundredths = divmod(int(abs(amount) * 100), 100)
    zh_name, unit, hundredth = _CURRENCIES.get(
        money.currency, (money.currency, money.currency, "hundredths")
    )
    zh = zh_name + ("负" if amount < 0 else "") + _chinese(whole, hundredths)
    en = _english(whole) + " " + unit
    if hundredths:
        en += f" and {_english(hundredths)} {hundredth}"
    en = ("minus " if amount < 0 else "") + en + " only"
    return zh, en[0].upper() + en[1:]


def _chinese(whole: int, hundredths: int) -> str:
    jiao, fen = divmod(hundredths, 10)
    said = _chinese_whole(whole) + "元" if whole or not hundredths else ""
    if not hundredths:
        return said + "整"
    if jiao:
        said += _DIGITS[jiao] + "角"
    elif said:
        said += "零"
    return said + (_DIGITS[fen] + "分" if fen else "整")


def _chinese_whole(number: int) -> str:
    """Say a whole number in groups of four figures, with one 零 for each gap."""
    if number == 0:
        return "零"
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    said = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if group == 0:
            continue
        if said and (group < 1_000 or groups[place + 1] == 0):
            said += "零"
        said += _chinese_group(group) + _GROUPS[place]
    return said


def _chinese_group(group: int) -> str:
    said, gap = "", False
    for place in (3, 2, 1, 0):
        figure = group // 10**place % 10
        if figure == 0:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + _DIGITS[figure] + _PLACES[place]
        gap = False
    return said


def _english(number: int) -> str:
    if number == 0:
        return _UNITS[0]
    groups = []
    while number:
        number, group = divmod(number, 1_000)
        groups.append(group)
    said = [
        _english_group(group) + _THOUSANDS[place]
        for place, group in reversed(list(enumerate(groups)))
        if group
    ]
    # "one thousand and five", but "one thousand one hundred and five"
    if len(said) > 1 and 0 < groups[0] < 100:
        said[-1] = "and " + said[-1]
    return " ".join(said)


def _english_group(group: int) -> str:
    hundreds, rest = divmod(group, 100)
    said = []
    if hundreds:
        said.append(f"{_UNITS[hundreds]} hundred")
    if rest:
        said.append(("and " if hundreds else "") + _english_below_hundred(rest))
    return " ".join(said)


def _english_below_hundred(number: int) -> str:
    if number < 20:
        return _UNITS[number]
    tens, units = divmod(number, 10)
    return _TENS[tens] + (f"-{_UNITS[units]}" if units else "")
