"""The launcher: from an empty machine to a running insurer, and its tests.

It owns the embedded PostgreSQL server, the processes of `selfcard run`, the
suite of `selfcard test`, the message catalogs and the command line. It leaves
every business deed to the capabilities, and the settings to `config`.
"""
