"""What an endpoint's answer means, for all providers: whether the model answered, and what it is where it did not.

Each module has a table, and a row of it is a line of ``tests/providers/test_meaning.py``, where an endpoint sends it.
"""
