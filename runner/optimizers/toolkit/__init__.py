"""What strategies are made of: comparing, racing, fronts, sections, questions to a rewriter, admission, history."""
