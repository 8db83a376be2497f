"""Money that is asked for and money that has arrived.

Owns charge receipts, the tenders by which they were paid, and invoices with their gapless series.
It never hears of cards: what a receipt is for comes as charge lines and an opaque reason (kind,
number), and only the room above that asked for the money may have it confirmed, because more must
happen at that moment than payments knows (`sales.settle_receipt`). What the money means in the
books is posted by that room too.
"""
