"""Measurements: how fast (`python -m bench`), how well understood (`bench.nlu`), how hard to break (`bench.chaos`)."""
