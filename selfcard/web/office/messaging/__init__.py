"""Messages, as staff see them: what was said to whom, and whether it was sent."""
