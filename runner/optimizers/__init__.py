"""Strategies: ways to search for a better prompt, all on one workbench."""
