"""The kill test: real processes that are killed, real clients that go on, and an audit of what is left.

`python -m bench.chaos` is the long run; `tests/chaos` runs the same in short.
"""
