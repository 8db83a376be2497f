"""Who is insured: applications, policies, insured people, beneficiaries, consents.

This room owns the contract from the moment it is issued: the people in it (encrypted at
rest, found again by a blind index of the identity document), the cover as it was on that
day, the premium, what was agreed to and how. It never hears of cards: the reason of a
policy is an opaque kind and number. Whether an application keeps the rules is asked of
`products`; that a card turns into a policy exactly once is seen to by `activation`.

A policy's paper is rendered from these rows, never from `core.Paper`: its facts are
personal data, and would lie there in clear. The rows are frozen by a trigger, so that the
paper stays the same to the byte.
"""
