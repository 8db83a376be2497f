"""What the inquiry room answers, one module a question."""
