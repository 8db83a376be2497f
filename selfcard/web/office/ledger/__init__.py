"""The books, to be read."""
