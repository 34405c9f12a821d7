"""What is asked of finished runs: which is better, and whether one comes out the same again."""
