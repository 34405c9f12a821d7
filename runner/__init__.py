"""How it happens: calls, records, searches, saves."""

__version__ = "0.1.0"
