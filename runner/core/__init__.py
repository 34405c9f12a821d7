"""What every room needs and that needs no room itself: items, prompts, calls, protocols, errors, files."""
