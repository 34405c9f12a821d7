"""Guards: is a new model or a new prompt no worse than what a run ended with, on items of that run?"""
