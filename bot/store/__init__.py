"""The truth: what was said, who holds which conversation, and what is still owed to somebody."""
