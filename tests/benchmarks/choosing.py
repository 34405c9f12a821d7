"""How much choosing among many prompts flatters the best, and what helps: ``python tests/benchmarks/choosing.py``.

First worlds whose prompts have known qualities: how good the prompt is that each way to choose ends with, how far its
reward is above that, and how far what is expected of it on new items. Then the searches of docs/search.json: how far
the best prompt's reward dropped from the select to the sealed items, and how far from what was expected. Of those only
the rewards of the other prompts were kept; each is taken to vary as the best one does, half of it by the items' own
difficulty.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runner.stats.evidence import selection_bias

ROOT = Path(__file__).resolve().parents[2]
SELECT = REFLECT = 30  # items
NOISE, SHARED = 0.42, 0.5  # of a credit; the part of its variance that is the item's own difficulty
FINALISTS, WORLDS, DRAWS = 4, 1000, 4000
Values = NDArray[np.float64]


def chosen(earned: Values, rng: np.random.Generator) -> dict[str, tuple[int, float]]:
    """Each way to choose: (the prompt, the reward it showed). A row a prompt, a column an item, select items first."""
    select = earned[:, :SELECT]
    means = select.mean(axis=1)
    ladder = 0
    for number in range(1, len(earned)):
        gain = select[number] - select[ladder]
        if gain.mean() > gain.std(ddof=1) / np.sqrt(SELECT):
            ladder = number
    finalists = np.argsort(-means)[:FINALISTS]
    both = earned[finalists].mean(axis=1)
    halves = [select[:, rng.permutation(SELECT)[: SELECT // 2]].mean(axis=1).argmax() for _ in range(30)]
    ways = {
        "the highest mean": means.argmax(),
        "one standard error better (Ladder)": ladder,
        "most often the best of half the items": np.bincount(halves).argmax(),
        "the highest median": np.median(select, axis=1).argmax(),
        "the highest mean without the 2 lowest and highest": np.sort(select, axis=1)[:, 2:-2].mean(axis=1).argmax(),
    }
    found = {way: (int(prompt), float(means[prompt])) for way, prompt in ways.items()}
    return found | {"the best 4 on the reflect items too": (int(finalists[both.argmax()]), float(both.max()))}


def worlds(prompts: int, spread: float) -> None:
    """Tell what comes of ``prompts`` prompts whose qualities differ by ``spread``."""
    rng = np.random.default_rng(0)
    told: dict[str, list[tuple[float, float]]] = {}
    left = []
    for _ in range(WORLDS):
        quality = rng.normal(0.0, spread, prompts)
        item, rest = (rng.normal(0.0, NOISE * np.sqrt(part), size) for part, size in (
            (SHARED, SELECT + REFLECT), (1 - SHARED, (prompts, SELECT + REFLECT)),
        ))  # fmt: skip
        earned = quality[:, None] + item - item[:SELECT].mean() + rest
        for way, (prompt, shown) in chosen(earned, rng).items():
            told.setdefault(way, []).append((quality[prompt], shown - quality[prompt]))
        best, shown = chosen(earned, rng)["the highest mean"]
        left.append(shown - selection_bias(earned[:, :SELECT]) - quality[best])
    print(f"\n{prompts} prompts whose qualities differ by {spread}: true quality, drop")
    for way, figures in told.items():
        print(f"  {way:50} {np.mean([f[0] for f in figures]):+.3f}  {np.mean([f[1] for f in figures]):+.3f}")
    plain = np.array([drop for _, drop in told["the highest mean"]])
    print(f"  {'the drop from what is expected on new items':50}         {np.mean(left):+.3f}")
    before, after = (np.sqrt(np.mean(np.square(drops))) for drops in (plain, left))
    print(f"  root mean square of the drop {before:.3f}, of that {after:.3f}")


def searches() -> None:
    """Tell the drop of the stored searches, before and after what was expected is taken off."""
    rng = np.random.default_rng(0)
    rows = [row for row in json.loads((ROOT / "docs/search.json").read_text()) if row.get("trace") and row.get("test")]
    drops, expected = [], []
    for row in rows:
        means = np.array([step["score"] for step in row["trace"] if step.get("score") is not None])
        error = np.std(row["select"], ddof=1) * np.sqrt((1 - SHARED) / len(row["select"]))
        lucky = rng.normal(0.0, error, (DRAWS, len(means)))
        drops.append(np.mean(row["select"]) - np.mean(row["test"]))
        expected.append(lucky[np.arange(DRAWS), (means + lucky).argmax(axis=1)].mean())
    left = np.array(drops) - expected
    print(f"\n{len(rows)} stored searches: {np.mean(expected):.3f} expected by what being chosen explains")
    for what, values in (("drop", np.array(drops)), ("left once what was expected is taken off", left)):
        low, high = values.mean() + np.array([-1.96, 1.96]) * values.std() / np.sqrt(len(values))
        print(f"  {what}: {values.mean():.3f} ({low:.3f} to {high:.3f}), without the sign {np.abs(values).mean():.3f}")


if __name__ == "__main__":
    for prompts in (8, 20):
        for spread in (0.0, 0.03, 0.08):
            worlds(prompts, spread)
    searches()
