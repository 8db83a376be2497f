"""Selfcard: self-service insurance cards, from the printer to the policy and back."""

__version__ = "0.1.0"
