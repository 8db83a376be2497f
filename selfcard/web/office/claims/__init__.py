"""Notices of claim in the office: taken for a caller, looked at, and closed with a note."""
