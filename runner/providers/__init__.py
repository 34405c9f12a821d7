"""The providers of models, one kind of endpoint a module. `protocols.Provider` is all that the loop knows of them."""
