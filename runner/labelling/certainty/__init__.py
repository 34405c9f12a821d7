"""How certain a model is of each answer: kinds behind one protocol, and which of them tells right from wrong best."""
