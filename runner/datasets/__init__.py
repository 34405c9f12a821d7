"""Where items and gold come from. Each module is one kind of source."""
