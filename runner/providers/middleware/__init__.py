"""What stands before every provider: meter, journal, throttle, budget. ``client`` builds the chain."""
