"""Ranks runs on the items they share, and says what cannot be told apart. Pure: entries in, plain values out."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from runner.analysis.compare.runs import Entry, LeftOut
from runner.analysis.compare.variants import ranked_variants
from runner.analysis.compare.without_model import control_rows, not_beaten_by
from runner.runs.json_records import to_json
from runner.stats.evidence import ALPHA, RESAMPLES, Values, behind_the_best, resamples, sign_flip_test
from runner.stats.intervals import reward_interval

_FEWEST = 3  # variants that must agree against gold before an item is suspected
_AGREE = 0.8  # share of them


def comparison(entries: Sequence[Entry], refused: Sequence[LeftOut], seed: int = 0) -> dict[str, Any]:
    """What ``compare.json`` holds. The best is the prompt with the highest reward on the sealed items.

    ``cannot_tell`` are the best and all that are not behind it at 5%, whichever is the best by chance
    (``behind_the_best``). ``p_best`` is of a run and the best alone (paired exchange of outputs, item by item).
    """
    ranked = ranked_variants(entries)
    names = _names(ranked, entries)
    by_run = dict(zip((entry.path for entry in entries), _names(entries, entries), strict=True))
    best = ranked[0]
    table = np.array([[_number(entry.credits[item]) for item in best.items] for entry in ranked])
    p_values = [1.0, *_p_against_first(table, seed)]
    # Never below that of the pair alone: a handful of items has too few ways to be drawn anew.
    adjusted = [max(pair) for pair in zip(p_values, [1.0, *behind_the_best(table, seed)[1:]], strict=True)]
    equal = [p > ALPHA for p in adjusted]
    costs = _costs(ranked)
    front = _front(ranked, costs)
    rows = []
    for place, (entry, name) in enumerate(zip(ranked, names, strict=True)):
        against_best = {
            "difference_to_best": _reward(entry) - _reward(best),
            "p_best": p_values[place],
            "p_best_adjusted": adjusted[place],
            "cannot_tell": equal[place],
        }
        own = {"name": name, "rank": place + 1, "which": entry.which, "prompt_file": _prompt_file(entry)}
        own["kept_by"] = [by_run[run.path] for run in entry.kept_by]
        row = {**own, **_figures(entry), **against_best, "front": front[place], "without_model": not_beaten_by(entry)}
        rows.append(row)
    members = [place for place, same in enumerate(equal) if same]
    return {
        "reward": best.reward,
        "lowest": best.result.reward_lowest or 0.0,
        "dataset_sha256": best.result.dataset_sha256,
        "items": len(best.items),
        "labels": list(dict.fromkeys(label for entry in ranked for label in _per_label(entry))),
        "runs": rows,
        "controls": control_rows(entries),
        "cannot_tell": [names[place] for place in members],
        "cheapest": _least(names, costs, members),
        "fastest": _least(names, [entry.item_seconds for entry in ranked], members),
        "suspects": _suspects([ranked[place] for place in members]),
        "transfer": None,
        "refused": [{"run": str(one.path), "reason": one.reason, "unread": one.unread} for one in refused],
    }


def _figures(entry: Entry) -> dict[str, Any]:
    """What is said of a prompt by itself; of an initial one nothing of the runs that began with it."""
    result = entry.result
    of_run = {
        "rewriter": result.models.rewriter,
        "optimizer": entry.optimizer,
        "seed": result.seed,
        "initial": result.initial.test,
        "decision": to_json(result.decision) if result.decision else None,
        "cost_usd": result.cost_usd,
        "calls": result.calls.total,
        "seconds": result.seconds,
    }
    return {
        "run": str(entry.path),
        "status": result.status,
        "labeller": result.models.labeller,
        "test": entry.test,
        "interval": reward_interval(
            [credit for credit in entry.credits.values() if credit is not None], result.reward_lowest or 0.0
        ),
        **(of_run if entry.which == "best" else dict.fromkeys(of_run)),
        "item_cost_usd": entry.item_cost,
        "item_tokens": entry.item_tokens,
        "seconds_per_item": entry.item_seconds,
        "per_label": _per_label(entry),
    }


def _per_label(entry: Entry) -> dict[str, float | None]:
    return {label: row.f1 for label, row in entry.metrics.per_label.items()} if entry.metrics else {}


def _prompt_file(entry: Entry) -> str:
    return str(entry.path / f"{entry.which}_prompt.txt")


def _reward(entry: Entry) -> float:
    return entry.test


def _names(rows: Sequence[Entry], runs: Sequence[Entry]) -> list[str]:
    """What tells each row from the others: the words in which the runs differ, else its directory."""
    keys = sorted({key for run in runs for key in run.choices})
    varied = [key for key in keys if len({run.choices.get(key) for run in runs}) > 1]
    names = [_name(row, varied) for row in rows]
    counts = Counter(names)
    return [
        name if name and counts[name] == 1 else f"{name} {row.path.parent.name}/{row.path.name}".strip()
        for name, row in zip(names, rows, strict=True)
    ]


def _name(row: Entry, varied: Sequence[str]) -> str:
    words = [_short(key, row.choices[key]) for key in varied if key in row.choices]
    return " ".join([*words, *(["initial prompt"] if row.which == "initial" else [])])


def _short(key: str, value: str) -> str:
    """``optimizer=demos`` as it is, ``provider.base_url=http://host:1/v1`` as ``base_url=host:1``."""
    value = re.sub(r"^\w+://|/v1/?$", "", value) if "://" in value else value
    return f"{key.rpartition('.')[2]}={value}"


def _p_against_first(table: Values, seed: int) -> list[float]:
    """The p of each later row against the first, on the items that both have. The same exchanges for all of them."""
    differences = table[1:] - table[0]
    others, items = differences.shape
    if not others:
        return []
    whole = ~np.isnan(differences).any(axis=1)
    rng = np.random.default_rng(seed)
    known = np.nan_to_num(differences)
    observed, reached = np.abs(known.sum(axis=1)) - 1e-9, np.ones(others)  # the exchange that was observed
    for rows in resamples(max(items, others)):
        signs = 1.0 - 2 * rng.integers(0, 2, (rows.stop - max(1, rows.start), items))
        reached += (np.abs(signs @ known.T) >= observed).sum(axis=0)
    found = reached / RESAMPLES
    for place in np.flatnonzero(~whole):  # a call that failed for good: only the items that both have
        row = differences[place]
        found[place] = sign_flip_test(row[~np.isnan(row)], rng)[0]
    return [float(p) for p in found]


def _number(credit: float | None) -> float:
    return float("nan") if credit is None else credit


def _costs(ranked: Sequence[Entry]) -> list[float | None]:
    """What labelling an item costs: dollars where all prices are known and one is not 0, else tokens.

    Of an initial prompt that no run kept it is not known.
    """
    dollars = [entry.item_cost for entry in ranked]
    of_runs = [entry.item_cost for entry in ranked if entry.which == "best" or entry.kept_by]
    known = all(cost is not None for cost in of_runs) and any(of_runs)
    return dollars if known else [entry.item_tokens for entry in ranked]


def _front(ranked: Sequence[Entry], costs: Sequence[float | None]) -> list[bool]:
    """Which runs no other equals in reward at less cost, or beats in reward at no more."""
    each = enumerate(zip(ranked, costs, strict=True))
    known = [(-_reward(entry), cost, place) for place, (entry, cost) in each if cost is not None]
    front, last = set[int](), (1.0, float("inf"))
    for loss, cost, place in sorted(known):
        if cost < last[1] or (loss, cost) == last:
            front.add(place)
            last = (loss, cost)
    return [place in front for place in range(len(ranked))]


def _least(names: Sequence[str], values: Sequence[float | None], members: Sequence[int]) -> str | None:
    each = [(values[place], place) for place in members]
    known = [(value, place) for value, place in each if value is not None]
    return names[min(known)[1]] if known else None


def _suspects(strong: Sequence[Entry]) -> list[dict[str, Any]]:
    """Items on which strong variants agree with one another and not with gold: look at the gold again.

    A variant is a labeller with a prompt; runs that ended at the same prompt count once.
    """
    variants = list({(entry.labeller, entry.prompt): entry for entry in strong}.values())
    if len(variants) < _FEWEST:
        return []
    found = []
    for item, (text, gold) in variants[0].items.items():
        given = [entry.predictions[item] for entry in variants]
        sets = Counter(frozenset(labels) for labels in given if labels is not None)
        if not sets:
            continue
        labels, count = sets.most_common(1)[0]
        if labels != frozenset(gold) and count >= _AGREE * len(variants):
            found.append(
                {
                    "id": item,
                    "text": text,
                    "gold": list(gold),
                    "prediction": sorted(labels),
                    "runs": count,
                    "of": len(variants),
                }
            )
    return sorted(found, key=lambda row: -int(str(row["runs"])))
