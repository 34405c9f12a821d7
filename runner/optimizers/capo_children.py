"""The children of optimizer=capo: whose they are, and which worked examples they have. Nothing here asks a model."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from runner.prompt import Demo, Prompt, with_definitions
from runner.search.admission import Admission, Reason
from runner.search.examples import covering
from runner.types import Item
from runner.workbench import Workbench

_DRAWS = 10  # of examples for a child, until they are new


@dataclass(frozen=True)
class Child:
    """A prompt on its way.

    Attributes:
        mother: whose label list, definitions and form of the answer it has.
        change: what is different from her, in a few words.
    """

    prompt: Prompt
    mother: Prompt
    change: str

    def with_change(self, prompt: Prompt, change: str) -> "Child":
        return Child(prompt, self.mother, ", ".join(filter(None, [self.change, change])))


def founders(bench: Workbench, pool: Sequence[Item], count: int, shots: int, *, define: bool) -> list[Child]:
    """The first prompt with ``shots`` examples, one fewer, and so on; with ``define`` every other one with definitions.

    Examples are drawn from ``pool``.
    """
    made: list[Child] = []
    for number in range(count):
        demos = covering(pool, shots - number % max(1, shots), bench.rng)
        child = Child(bench.initial, bench.initial, "")
        if demos:
            child = child.with_change(child.prompt.with_demos(demos), f"{len(demos)} worked examples")
        defined = with_definitions(child.prompt, bench.labels)
        if define and number % 2 == 0 and defined != child.prompt:
            child = child.with_change(defined, "definitions")
        made.append(child)
    return made


def child_of(mother: Prompt, father: Prompt, rng: random.Random) -> Child:
    """The mother's words, and as many of both parents' examples as they have on average, drawn at random."""
    both = list(dict.fromkeys([*mother.demos, *father.demos]))
    half = min(len(both), (len(mother.demos) + len(father.demos)) // 2)
    return Child(mother.with_demos(rng.sample(both, half)), mother, "crossed")


def born(
    child: Child, pool: Sequence[Item], shots: int | None, admission: Admission, rng: random.Random
) -> tuple[Child, Reason | None]:
    """The child with other examples, drawn again until they are new with its words; and why it is not admitted.

    Where ``shots`` is None its examples stay as they are.
    """
    if shots is None:
        return child, admission.reason_against(child.prompt, child.mother, [])
    for _ in range(_DRAWS):
        demos, change = varied(child.prompt.demos, pool, shots, rng)
        found = child.with_change(child.prompt.with_demos(demos), change)
        reason = admission.reason_against(found.prompt, child.mother, [])
        if reason not in {"copy", "near_copy"}:
            break
    return found, reason


def varied(demos: Sequence[Demo], pool: Sequence[Item], shots: int, rng: random.Random) -> tuple[list[Demo], str]:
    """One example more, one fewer, or the same ones, each in a third of the cases where it can be; shuffled."""
    fresh = [demo for demo in (Demo(item.text, item.gold or ()) for item in pool) if demo not in demos]
    changed, change, case = list(demos), "examples shuffled" * (len(demos) > 1), rng.randrange(3)
    if case == 0 and len(demos) < shots and fresh:
        changed.append(rng.choice(fresh))
        change = "an example added"
    elif case == 1 and demos:
        changed.pop(rng.randrange(len(changed)))
        change = "an example dropped"
    rng.shuffle(changed)
    return changed, change
