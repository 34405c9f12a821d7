"""Where labels go once they are written down. Each module is one kind of place."""
