"""Comparing runs: which may stand beside one another, which is best, and which cannot be told from it."""
