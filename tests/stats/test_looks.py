"""The k-th look: its level, what it costs in items, and an analyst who looks again and again."""

import numpy as np
import pytest
from scipy import stats

from runner.stats.looks import fresh_items, items_worth, required_level


def test_levels_fall_and_all_of_them_together_stay_below_alpha() -> None:
    levels = [required_level(look) for look in range(1, 2000)]
    assert levels[:3] == pytest.approx([0.05, 0.0125, 0.05 / 9])
    assert sum(levels) / 2 < 0.05 * 0.83  # half of a two-sided p is on the side of better
    with pytest.raises(ValueError, match="0 looks"):
        required_level(0)


def test_fresh_items_give_back_what_looks_took() -> None:
    assert [fresh_items(60, look) for look in (1, 2, 3, 20)] == [0, 26, 40, 60]
    assert [items_worth(60, look) for look in (1, 2, 3, 20)] == [60, 42, 36, 21]

    def power(items: int, level: float, gain: float = 2.8 / 60**0.5) -> float:
        return float(stats.norm.sf(stats.norm.isf(level / 2) - gain * items**0.5))

    assert power(60, 0.05) == pytest.approx(0.8, abs=0.01)
    assert power(60 + fresh_items(60, 3), required_level(3)) == pytest.approx(0.8, abs=0.02)


def false_better(looks: int, keeps_a_ledger: bool, analysts: int = 400, items: int = 60) -> float:
    """How often somebody says better who edits a fifth of the answers of the best prompt so far, none truly better."""
    rng = np.random.default_rng(0)
    easy = rng.beta(2.1, 0.9, (analysts, items))
    baseline = rng.random(easy.shape) < easy
    best, said = baseline.copy(), np.zeros(analysts, dtype=bool)
    for look in range(1, looks + 1):
        tried = np.where(rng.random(easy.shape) < 0.8, best, rng.random(easy.shape) < easy)
        wins, losses = (tried & ~baseline).sum(axis=1), (baseline & ~tried).sum(axis=1)
        p = 2 * stats.binom.cdf(np.minimum(wins, losses), wins + losses, 0.5)
        said |= (p < required_level(look if keeps_a_ledger else 1)) & (wins > losses)
        better = tried.sum(axis=1) > best.sum(axis=1)
        best[better] = tried[better]
    return float(said.mean())


def test_with_the_ledger_an_analyst_is_fooled_seldom() -> None:
    assert false_better(50, keeps_a_ledger=False) > 0.5
    assert false_better(50, keeps_a_ledger=True) <= 0.05
