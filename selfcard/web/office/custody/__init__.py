"""Pages on which cards change hands: issue, check-in, issue notes."""
