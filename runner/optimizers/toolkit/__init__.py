"""Parts that several strategies use: racing, Pareto fronts, prompt sections, questions to the rewriter, admission."""
