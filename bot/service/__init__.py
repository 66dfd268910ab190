"""Use cases: intake, turns, handover, delivery, cases. Each is one transaction or a chain with a stated gap."""
