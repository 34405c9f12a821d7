"""Models and how to reach them. Each module is one kind of endpoint; the loop knows only ``core.protocols``."""
