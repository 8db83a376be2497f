"""Every way back of sold cards: the page that guides through it, and the recoveries."""
