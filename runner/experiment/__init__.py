"""One experiment: the loop over epochs, the evaluator, the workbench of a strategy, the sealed test, the records."""
