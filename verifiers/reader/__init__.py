"""Reads what a model replied: a small grammar that all answer types share, and what names of a list add to it.

``examples.py`` shows what is read as what. What is not certain is never read as an answer.
"""
