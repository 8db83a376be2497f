"""Activation: turning a paid card into a policy.

It owns the PIN gate with its counters, the proofs that the gate hands out, the drafts of people
who are still filling in, and the deed of activation itself: locks, the rules of the product
applied to what is in force, and the order in which policy, card and ledger change.

It leaves to others what a PIN looks like and how it is compared (`cards`), where a card is and
whether it is activated (`custody`), what a product's rules say (`products`), what a policy is
(`policies`), and how entries balance (`ledger`). The faces never call those inner steps.
"""
