"""HTML pages about runs, made from the files on disk: one file each, nothing fetched, data never run as code."""
