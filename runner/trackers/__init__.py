"""Trackers are told of a run while it goes on: the terminal, W&B, report.html. One that fails never hurts the run."""
