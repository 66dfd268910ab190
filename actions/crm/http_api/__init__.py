"""The customer data system over HTTP: contract, client and reference server. Importing this package does nothing.

Not named `http`: the action server imports every package below `actions` by its bare name too, and that is Python's.
"""
