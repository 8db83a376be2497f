"""SMS: what holders write from their phones, and how messages leave for them.

It owns the grammar of messages, how long ones are cut and put together, each message that came in
with its one reply, and the gateways: SMPP and signed HTTP. It leaves to others whether a PIN opens
a card and what a card becomes (`activation`), and what leaves and was sent (`messaging`). A
channel translates and never decides.
"""
