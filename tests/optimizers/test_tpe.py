"""The search over choices: it finds good combinations sooner than chance, and never asks for what is done."""

import random
from itertools import product

import pytest

from runner.optimizers.toolkit.tpe import Combination, suggest

SIZES = (5, 6)


def worth(combination: Combination, best: Combination) -> float:
    """Each choice helps on its own, and the two best ones together once more."""
    right = [mine == theirs for mine, theirs in zip(combination, best, strict=True)]
    return sum(right) / 4 + all(right) / 2


def trials_to_the_best(seed: int, startup: int) -> int:
    rng = random.Random(seed)
    best = (rng.randrange(SIZES[0]), rng.randrange(SIZES[1]))
    scores: dict[Combination, float] = {}
    while best not in scores:
        tried = suggest(scores, SIZES, rng, done=scores, startup=startup)
        assert tried is not None
        scores[tried] = worth(tried, best)
    return len(scores)


def test_the_best_of_a_table_is_found_in_fewer_trials_than_by_chance() -> None:
    learnt = sum(trials_to_the_best(seed, startup=5) for seed in range(60)) / 60
    chance = sum(trials_to_the_best(seed, startup=1000) for seed in range(60)) / 60
    assert learnt < 0.75 * chance


def test_good_options_are_drawn_more_often_and_bad_ones_less() -> None:
    scores = {(0, 0): 1.0, (1, 1): 0.0, (2, 2): 0.0, (3, 3): 0.0, (0, 4): 0.9, (4, 5): 0.1}
    drawn = [suggest(scores, SIZES, random.Random(seed), done=scores) for seed in range(200)]
    firsts = [one[0] for one in drawn if one]
    assert firsts.count(0) > 100
    assert firsts.count(0) > 3 * firsts.count(1)


def test_what_is_good_only_together_is_told_apart() -> None:
    """Every option is good in one partner's company and bad in the other's: each alone says nothing."""
    scores = {(a, b): float(a == b) for a, b in product(range(3), range(3)) if (a, b) != (2, 2)}
    drawn = [suggest(scores, (3, 3), random.Random(seed), good=0.25) for seed in range(100)]
    assert sum(one in {(0, 0), (1, 1)} for one in drawn) > 90


def test_before_anything_is_learnt_every_combination_is_as_likely_and_none_comes_twice() -> None:
    rng = random.Random(3)
    scores: dict[Combination, float] = {}
    for _ in range(6):
        one = suggest(scores, (2, 3), rng, startup=100)
        assert one is not None and one not in scores
        scores[one] = 0.0
    assert suggest(scores, (2, 3), rng, startup=100) in scores  # all tried, none done: again


def test_the_first_trials_of_a_batch_use_each_option_about_as_often_as_the_others() -> None:
    for seed in range(20):
        plan: dict[Combination, None] = {(0, 0): None}  # measured before
        while len(plan) < 10:
            one = suggest({(0, 0): 0.0}, SIZES, random.Random(f"{seed} {len(plan)}"), done=[(0, 0)], planned=plan)
            assert one is not None and one not in plan
            plan[one] = None
        for choice, size in enumerate(SIZES):
            used = [sum(one[choice] == option for one in plan) for option in range(size)]
            assert max(used) - min(used) <= 2  # drawn uniformly, more in half of the cases


def test_trials_under_way_count_as_the_worst_so_that_the_next_ones_are_elsewhere() -> None:
    scores = {(0, 0): 1.0, (1, 1): 0.2, (2, 2): 0.1, (3, 3): 0.0, (4, 4): 0.0, (0, 4): 0.9}
    planned = [(0, 1), (0, 2), (0, 3)]
    alone, beside = (
        [suggest(scores, SIZES, random.Random(seed), done=scores, planned=under_way) for seed in range(200)]
        for under_way in ([], planned)
    )
    assert not set(beside) & set(planned)
    assert sum(one == (0, 5) for one in alone) > 0
    assert sum(one[0] == 0 for one in beside if one) < sum(one[0] == 0 for one in alone if one)


@pytest.mark.parametrize("tried", [0, 6])
def test_what_is_done_is_not_asked_for_again(tried: int) -> None:
    every = list(product(range(2), range(3)))
    scores = dict.fromkeys(every[:tried], 0.5)
    assert suggest(scores, (2, 3), random.Random(1), done=every[:5], startup=5) == every[5]
    assert suggest(scores, (2, 3), random.Random(1), done=every, startup=5) is None
    assert suggest({}, (1,), random.Random(1), done=[(0,)]) is None


def test_the_same_seed_asks_for_the_same() -> None:
    def asked(seed: int) -> list[Combination | None]:
        rng, scores, found = random.Random(seed), dict[Combination, float](), list[Combination | None]()
        for _ in range(12):
            one = suggest(scores, SIZES, rng)
            found.append(one)
            scores[one or (0, 0)] = sum(one or ()) / 9
        return found

    assert asked(1) == asked(1) != asked(2)
