"""Hand-written stand-ins: real servers on a free port, whose behaviour a test can switch."""
