"""Products in the office: what cards may become, each version with its bounds and clauses."""
