"""Numbers in, numbers out: intervals, paired tests, sequential tests. Pure."""
