"""The chart of accounts: small, and the same for every insurer (`docs/money.md` explains it)."""

from dataclasses import dataclass
from enum import StrEnum

CASH = "1001"
BANK = "1002"
CARD_PREMIUMS = "2201"
CARD_PREMIUM_TAX = "2202"
OUTPUT_TAX = "2221"
WRITTEN_PREMIUM = "6001"


class AccountKind(StrEnum):
    """On which side an account grows: assets and expenses by debits, the others by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


@dataclass(frozen=True)
class ChartAccount:
    """One account of the chart. Codes stay; names may be bettered."""

    code: str
    kind: AccountKind
    name_zh: str
    name_en: str


CHART = (
    ChartAccount(CASH, AccountKind.ASSET, "库存现金", "Cash"),
    ChartAccount(BANK, AccountKind.ASSET, "银行存款", "Bank"),
    ChartAccount(
        CARD_PREMIUMS, AccountKind.LIABILITY, "待激活卡保费", "Card premiums awaiting activation"
    ),
    ChartAccount(
        CARD_PREMIUM_TAX,
        AccountKind.LIABILITY,
        "待激活卡保费税额",
        "Tax on card premiums awaiting activation",
    ),
    ChartAccount(OUTPUT_TAX, AccountKind.LIABILITY, "应交税费——销项税额", "Output tax payable"),
    ChartAccount(WRITTEN_PREMIUM, AccountKind.INCOME, "保费收入", "Written premium"),
)
