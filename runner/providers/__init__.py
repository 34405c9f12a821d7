"""The wires to models. Each module is one kind of endpoint; `types.Provider` is all that the loop knows of them."""
