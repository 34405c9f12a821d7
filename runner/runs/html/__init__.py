"""Pages for eyes, written from what is on the disk: one file each, nothing fetched, data never run as code."""
