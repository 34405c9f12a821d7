"""Where items and their gold come from. Each module reads one kind of source, or is a part of such a reader."""
