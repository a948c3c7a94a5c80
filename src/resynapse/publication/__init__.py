"""A run beside the published tables: differences, equivalence, spread and agreement."""
