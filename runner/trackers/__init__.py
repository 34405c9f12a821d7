"""Who is told of a run: W&B, the terminal. A tracker that fails never hurts the run."""
