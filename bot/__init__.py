"""Klartext: what the assistant is and knows. People meet it through `connectors`."""
