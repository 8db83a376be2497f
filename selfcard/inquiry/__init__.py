"""Reading across capabilities: where a card is and how it got there, what waits, what a number is.

It owns no table and changes nothing. What each actor may see here is what the capabilities let
them see: cards by who answers for them, sales, receipts, invoices and policies by their place in
the tree. Deeds are left to the capabilities; their pages, to the faces.
"""
