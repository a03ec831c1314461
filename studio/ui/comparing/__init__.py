"""Comparing runs: the table, and what each of them generates from the same seed."""
