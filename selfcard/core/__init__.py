"""What every capability stands on and none of them owns.

Serial runs and card numbers, money, the actor, refusals, the command and its request, the audit
trail, numbering, encryption, locks, background work, papers. No business rule lives here: core
knows what a serial is, but not what a card may do.
"""
