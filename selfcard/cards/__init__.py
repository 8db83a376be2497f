"""What a card is before anybody holds it: document types, batches, PINs, print files.

Owns document types and their versions, print orders with the serials and the deadline they
reserve, the printers and their keys, the sealed PIN sheets, and the one encrypted file that a
printer gets. Leaves to `custody` where each card is, and the job that makes a batch; leaves to
`activation` how often somebody may guess.
"""
