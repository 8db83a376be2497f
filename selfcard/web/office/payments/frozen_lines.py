"""The lines of receipts and invoices, as they were frozen, in the reader's language."""

from decimal import Decimal
from typing import Any

from django.utils.translation import get_language


def charge_line(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a receipt, or of a voucher that pays back."""
    return {
        **_described(line),
        "unit_price": line["unit_price"]["amount"],
        "amount": line["amount"]["amount"],
    }


def invoice_line(line: dict[str, Any]) -> dict[str, Any]:
    """A line of an invoice or a red-letter invoice."""
    return {
        **_described(line),
        "rate": Decimal(line["tax_rate"]) if line["tax_rate"] else None,
        **{part: line[part]["amount"] for part in ("net", "tax", "gross")},
    }


def _described(line: dict[str, Any]) -> dict[str, Any]:
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return {
        "description": line["description"][language],
        "detail": line["detail"],
        "quantity": line["quantity"],
        "reference": line.get("reference", ""),
    }
