"""How likely a threshold is to pass its test, as a few items with known errors predict it. Pure."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
_PRIOR = 0.5  # Jeffreys: half an error and half a right answer more than were seen


def chance_to_pass(items: Counts, allowed: Counts, seen: Counts, errors: Values) -> Values:
    """P(errors among so many new items <= allowed), the rate of errors known from those seen (beta-binomial).

    Args:
        items: new items. allowed: errors with which they pass, -1 where nothing passes.
        seen, errors: items that were seen, and their summed loss.
        All of shape (thresholds,), and so is what is returned.
    """
    wrong, right = errors + _PRIOR, seen - errors + _PRIOR
    counts = np.arange(max(int(allowed.max(initial=0)), 0) + 1)[:, None]
    possible = counts <= allowed
    counts = np.minimum(counts, items)
    ways = gammaln(items + 1) - gammaln(counts + 1) - gammaln(items - counts + 1)
    logs = ways + betaln(counts + wrong, items - counts + right) - betaln(wrong, right)
    return np.asarray((np.exp(logs) * possible).sum(axis=0), dtype=float)
