"""Strategies: the ways to search for a better prompt. Each module is one; all of them work on a workbench."""
