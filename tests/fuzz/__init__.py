"""Fuzzing (`scripts/fuzz`): a table of what is fed, and what must hold whatever it is."""
