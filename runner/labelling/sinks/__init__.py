"""Sinks: where labels go at the end of a label run. Each module is one kind of place."""
