"""Sales of cards: the list, registration, one sale with its next step, and agencies."""
