"""The phone of a demonstration, played by staff: what a customer would send, and would get."""
