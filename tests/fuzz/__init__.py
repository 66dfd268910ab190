"""Mutated input against real endpoints: a short run in the tests, a longer one by hand (`make fuzz`)."""
