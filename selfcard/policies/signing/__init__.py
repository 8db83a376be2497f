"""Signing: what makes a policy one that nobody but the insurer can have issued.

`certificates` says whose key signs: the insurer's own, from a file or from wherever the port
leads, or on a machine that was given none a demonstration's. `pades` signs a PDF with it. `codes`
is another signature: that of the short summary in the QR code, which verifies without a network.
"""
