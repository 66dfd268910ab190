"""Deliberate breaks: each takes one mechanism out of the code and names the tests that must notice."""
