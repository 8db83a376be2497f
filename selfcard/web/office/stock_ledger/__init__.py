"""The stock ledger: what came, what went and what is there, to be read, drawn and taken away."""
