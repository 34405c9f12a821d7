"""The classifier's two halves equal scikit-learn's, and leaving a row out equals fitting without it."""

import numpy as np
import pytest

from runner.core.nearness import terms
from runner.stats.kernel_ridge import KernelRidge
from runner.stats.tf_idf import TfIdf

LEARNT = ["my card is lost", "the card was stolen, my card", "send me a new pin", "wie ist das Wetter", "pin lost"]
ASKED = ["a lost card", "new weather pin", "", "zzz", "my card is lost"]


def test_likeness_equals_scikit_learns() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = TfidfVectorizer(analyzer=terms, sublinear_tf=True)
    learnt = table.fit_transform(LEARNT)
    expected = (table.transform(ASKED) @ learnt.T).toarray()
    assert TfIdf(LEARNT).likeness(ASKED) == pytest.approx(expected)


def test_weights_equal_scikit_learns_and_leaving_out_equals_fitting_without() -> None:
    from sklearn.kernel_ridge import KernelRidge as Known

    kernel, targets = TfIdf(LEARNT).likeness(LEARNT), np.eye(5)[:, :3]
    for strength in (0.03, 1.0):
        own = KernelRidge(kernel, targets)
        known = Known(alpha=strength, kernel="precomputed").fit(kernel, targets)
        assert own.weights(strength) == pytest.approx(known.dual_coef_)
        for row in range(5):
            rest = [place for place in range(5) if place != row]
            weights = KernelRidge(kernel[np.ix_(rest, rest)], targets[rest]).weights(strength)
            assert own.left_out(strength)[row] == pytest.approx(kernel[row, rest] @ weights)
