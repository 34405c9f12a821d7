"""Ridge regression in its dual form, and what it says of each row when that row is left out. Pure."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class KernelRidge:
    """One kernel and several targets, for any strength of the penalty: the kernel is taken apart once.

    With G = (K + strength·I)⁻¹ the weights are G·Y, and the prediction of row i by all others is
    Yᵢ - (G·Y)ᵢ/Gᵢᵢ: exact, without fitting anything again (Saunders, Gammerman & Vovk 1998; Allen's PRESS, 1974).
    Equals scikit-learn's ``KernelRidge(kernel="precomputed")``. Time grows with the cube of the rows.

    Args:
        kernel: shape (rows, rows), symmetric, no negative eigenvalue.
        targets: shape (rows, targets).
    """

    def __init__(self, kernel: Values, targets: Values) -> None:
        values, self._vectors = np.linalg.eigh(kernel)
        self._values = np.maximum(values, 0.0)
        self._targets = targets
        self._turned = self._vectors.T @ targets

    def weights(self, strength: float) -> Values:
        """Shape (rows, targets): a kernel row times these is its prediction."""
        return np.asarray(self._vectors @ (self._turned / (self._values + strength)[:, None]), dtype=float)

    def left_out(self, strength: float) -> Values:
        """The prediction of each row by all the others, shape (rows, targets)."""
        diagonal = self._vectors**2 @ (1 / (self._values + strength))
        return np.asarray(self._targets - self.weights(strength) / diagonal[:, None], dtype=float)
