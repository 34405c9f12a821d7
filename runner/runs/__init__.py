"""The run directory: how it is written, how it is read with care, and the page about it."""
