"""Changes of the schema, in order. `klartext db upgrade` applies them; every start of the edge does too."""
