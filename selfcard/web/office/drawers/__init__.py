"""Cash drawers: what a cashier takes in, counts, and hands on."""
