"""The domain: who may speak, what was said, and how the holder changes. Pure Python, no I/O."""
