"""The PIN gate, as staff see it."""
