"""Statistics, numbers in and numbers out: intervals, paired tests, sequential tests. No input or output."""
