"""The groups of the command line, one a file; what needs no group is in `bot/cli.py`."""
