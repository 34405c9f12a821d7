"""Commands: one module and one primary config each."""
