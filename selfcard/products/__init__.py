"""What a card may become: products, their versions, coverages, clauses and rules.

This room owns the texts and the bounds of every product in both languages, and the pure
check of an application against them. A version is drafted by one person and published by
another; from then on PostgreSQL keeps it as it is, since policies rest on it. What a card
of a type costs and which products it may become belongs to `cards`; who is insured, to
`policies`; whether a card may be activated at all, to `activation`.
"""
