"""The insurer's organisation tree, its people, and what each of them may do.

Owns parties (whoever may hold cards or pay: an organisation or a person), the tree from head
office down, staff accounts, and authorisations: a deed, and the organisation from which down it is
allowed. Leaves to others what is done with an authorisation; every command asks here first.
"""
