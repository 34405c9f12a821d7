"""The run directory: writes it, reads it (it may be a stranger's or damaged), and makes the pages about it."""
