"""What keeps the assistant honest: disclosure, labels, wording and the trace of why it said what it said."""
