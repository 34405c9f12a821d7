"""How it happens: reads the configuration, asks models, searches for a better prompt, and writes the run down."""

__version__ = "0.1.0"
