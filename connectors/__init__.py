"""Everything that faces a person: the edge, its channels and the desk."""
