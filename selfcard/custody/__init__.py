"""Who answers for each card now, and how it came to that.

Owns holdings (an unbroken run of serials in one place and status), the journal of movements that
makes them, issue notes and check-in, freezes, activated cards, and the job that makes a batch and
puts its cards into head office's hands. Leaves to others why a card is sold or settled: it keeps
their reason (kind and number) and asks nothing about it.
"""
