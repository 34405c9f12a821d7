"""What all rooms share and what imports none of them: items, prompts, calls, protocols, errors, files."""
