"""The faces people meet in a browser: the office for staff and the portal for card holders.

Owns pages, forms, tables, navigation and what they look like. Decides nothing: a view turns text
into the domain's own types, calls one command or asks one query, and shows the answer. What may
be done, and why not, is said by the capabilities below.
"""
