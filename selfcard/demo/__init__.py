"""The demo company: a whole small insurer, built by commands only.

What it shows is therefore what the commands do: nothing is put into a table by hand. Its printing
house's private key lies in the data folder, so that PINs of its cards can be read out of its own
print files, as that printing house would.
"""
