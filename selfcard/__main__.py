"""`python -m selfcard`: the same command line as `selfcard`."""

from selfcard.launcher.cli import main

main()
