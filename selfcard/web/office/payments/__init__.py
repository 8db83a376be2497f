"""Charge receipts, their confirmation, and invoices."""
