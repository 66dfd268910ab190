"""The whole system in a real browser: a customer's window and an agent's."""
