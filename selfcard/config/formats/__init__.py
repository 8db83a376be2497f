"""Dates as the house writes them, where Django would write them as the United States do."""
