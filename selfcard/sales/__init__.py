"""Sales of cards, and the way from a sale to its money.

Owns sales, the agencies that sell for the insurer, and which charge receipt asks for which sale.
It is the only door for a sale's money: `settle_receipt` has payments confirm the receipt, custody
make the cards *to be activated*, the ledger book the premium and the invoice numbered, all at once
or not at all. Where the cards are is known in custody, what has been paid in payments.
"""
