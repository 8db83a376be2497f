"""The chart of accounts: small, and the same for every insurer (`docs/money.md` explains it)."""

from dataclasses import dataclass
from enum import StrEnum

CASH = "1001"
BANK = "1002"
OTHER_FUNDS = "1012"
CARD_PREMIUMS = "2201"
CARD_PREMIUM_TAX = "2202"
PAYER_ADVANCES = "2203"
REFUNDS_PAYABLE = "2206"
OUTPUT_TAX = "2221"
WRITTEN_PREMIUM = "6001"
PROMOTION = "6602"
CASH_DIFFERENCES = "6711"


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
        OTHER_FUNDS,
        AccountKind.ASSET,
        "其他货币资金",
        "Card and wallet takings not yet in the bank",
    ),
    ChartAccount(
        CARD_PREMIUMS, AccountKind.LIABILITY, "待激活卡保费", "Card premiums awaiting activation"
    ),
    ChartAccount(
        CARD_PREMIUM_TAX,
        AccountKind.LIABILITY,
        "待激活卡保费税额",
        "Tax on card premiums awaiting activation",
    ),
    ChartAccount(PAYER_ADVANCES, AccountKind.LIABILITY, "预收保费", "Payer advances"),
    ChartAccount(REFUNDS_PAYABLE, AccountKind.LIABILITY, "应付退保金", "Refunds payable"),
    ChartAccount(OUTPUT_TAX, AccountKind.LIABILITY, "应交税费——销项税额", "Output tax payable"),
    ChartAccount(WRITTEN_PREMIUM, AccountKind.INCOME, "保费收入", "Written premium"),
    ChartAccount(PROMOTION, AccountKind.EXPENSE, "业务及管理费——促销", "Promotion expense"),
    ChartAccount(CASH_DIFFERENCES, AccountKind.EXPENSE, "现金长短款", "Cash over and short"),
)
