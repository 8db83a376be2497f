"""Policies in the office: found by number, never by a name; whole for those who may see them."""
