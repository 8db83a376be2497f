"""The books: accounts, entries and postings, in double entry.

Owns what was booked and keeps it for ever: an entry balances, is complete when its transaction
commits, and is never changed; a correction is another entry. It knows nothing of cards, receipts
or policies: each entry carries an opaque reason (kind, number) that the room which posted it
understands. When money has arrived and what it is for is decided in `payments` and above.
"""
