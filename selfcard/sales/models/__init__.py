"""Sales' tables: agencies and their agreements, sales and their receipts, and what comes back."""

from selfcard.sales.models.agencies import INDIRECT, Agency, Agreement, BusinessSource
from selfcard.sales.models.recoveries import Recovery, RecoveryRun
from selfcard.sales.models.sales import Sale, SaleReceipt, SaleRun

__all__ = [
    "INDIRECT",
    "Agency",
    "Agreement",
    "BusinessSource",
    "Recovery",
    "RecoveryRun",
    "Sale",
    "SaleReceipt",
    "SaleRun",
]
