"""Measurements: how much the house carries, on a throw-away database, by the same commands."""
