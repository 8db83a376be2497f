"""Sales' tables: agencies and their agreements, sales and their receipts, what comes back, and how
buyers are told.
"""

from selfcard.sales.models.agencies import INDIRECT, Agency, Agreement, BusinessSource
from selfcard.sales.models.buyers import ActivationNotice, BuyerPhone, DeadlineReminder
from selfcard.sales.models.recoveries import Recovery, RecoveryRun
from selfcard.sales.models.sales import Sale, SaleReceipt, SaleRun

__all__ = [
    "INDIRECT",
    "ActivationNotice",
    "Agency",
    "Agreement",
    "BusinessSource",
    "BuyerPhone",
    "DeadlineReminder",
    "Recovery",
    "RecoveryRun",
    "Sale",
    "SaleReceipt",
    "SaleRun",
]
