"""How often the 95% interval of a reward holds the true reward, as a table in Markdown.

    .venv/bin/python tests/benchmarks/intervals.py 2000

The number is how many runs a figure is from. Beside each figure: the mean width, and both of the percentile bootstrap.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from skewed_credits import Values, held, of_models, tied  # noqa: E402

from runner.stats.intervals import reward_interval, wilson_interval  # noqa: E402

ITEMS = (10, 24, 50)
CHANCE = np.random.default_rng(5)


def percentile(credits: Values) -> tuple[float, float]:
    """What goldloop had before: Wilson's interval where each credit is 0 or 1, else the percentile bootstrap."""
    if np.all((credits == 0) | (credits == 1)):
        return wilson_interval(int(credits.sum()), len(credits))
    means = credits[CHANCE.integers(0, len(credits), (1000, len(credits)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def main(runs: int) -> None:
    """Print the table."""
    print(f"| credits | {' | '.join(f'n={items}' for items in ITEMS)} | bootstrap: {' | '.join(map(str, ITEMS))} |")
    print("|---" * (1 + 2 * len(ITEMS)) + "|")
    for name, draw, truth in (*tied(), *of_models()):
        rows = [[held(draw, truth, items, runs, way) for items in ITEMS] for way in (reward_interval, percentile)]
        cells = [f"{100 * share:.1f}% ({width:.2f})" for row in rows for share, width in row]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
