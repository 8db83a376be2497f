"""Addresses of pages in other rooms, which a card leads to."""

from typing import Any

from django.urls import NoReverseMatch, reverse


def place(name: str, *args: Any, query: str = "") -> str:
    """An address, or nothing where no page does this."""
    try:
        address = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    return f"{address}?{query}" if query else address
