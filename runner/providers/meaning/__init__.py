"""What an endpoint's answer means, for all providers: whether the model answered, and what it is where it did not.

``body`` and ``reply`` read an answer, ``endings`` the reason for which it ended, ``usage`` what it took, ``errors`` and
``error_table`` what is sent in its place, and ``waits`` how long to wait. Each is a table, and a row of it a line of
``tests/providers/test_meaning.py``, where a real endpoint sends it.
"""
