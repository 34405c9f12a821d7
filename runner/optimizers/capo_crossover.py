"""The children of optimizer=capo: whose they are, and which worked examples they have. Nothing here asks a model."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from runner.core.prompt import Prompt, with_definitions
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission, Reason
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler, Examples, rechosen, shown

_DRAWS = 10  # of examples for a child, until they are new


@dataclass(frozen=True)
class Child:
    """A prompt on its way.

    Attributes:
        mother: whose label list, definitions and form of the answer it has.
        change: what is different from her, in a few words.
        fathers: whose examples it may have too; none of a founder.
        words: whose words it is held against when it is admitted; its mother's, but for a founder with definitions.
    """

    prompt: Prompt
    mother: Prompt
    change: str
    fathers: Sequence[Prompt] = ()
    words: Prompt | None = None

    def with_change(self, prompt: Prompt, change: str) -> "Child":
        return replace(self, prompt=prompt, change=", ".join(filter(None, [self.change, change])))


def founders(
    bench: Workbench, count: int, shots: DemonstrationSampler, nearest: Sequence[int], *, define: bool
) -> list[Child]:
    """The first prompt with the nearest of all examples, and with as many as fit, half of them, and a quarter.

    In words and as turns of the chat. With ``define`` two of four say what the labels mean.
    """
    made: list[Child] = []
    chosen = shots.pools(nearest)[:1]
    for number in range(count):
        turns = number % 2 > 0
        examples = chosen[0] if chosen and number < 2 else Examples(tuple(shots.fresh(number, bench.rng)))
        child = Child(bench.initial, bench.initial, "")
        if examples.demos:
            child = child.with_change(examples.on(child.prompt, turns=turns), examples.told(turns=turns))
        defined = with_definitions(child.prompt, bench.labels)
        if define and number % 4 < 2 and defined != child.prompt:
            child = replace(child.with_change(defined, "definitions"), words=defined)
        made.append(child)
    return made


def child_of(mother: Prompt, father: Prompt, shots: DemonstrationSampler, rng: random.Random) -> Child:
    """The mother's words, and as many of both parents' examples as they have on average and as fit, drawn at random.

    They are shown as the mother shows hers. Where one of the two chooses examples for each text, all are one's.
    """
    if mother.nearest or father.nearest:
        whole = rng.choice([mother, father])
        return Child(Examples.of(whole).on(mother, turns=whole.turns), mother, "crossed", [father])
    both = list(dict.fromkeys([*mother.demos, *father.demos]))
    drawn = rng.sample(both, min(len(both), (len(mother.demos) + len(father.demos)) // 2))
    while not shots.fit(drawn):
        drawn.pop()
    turns = mother.turns if mother.demos else father.turns
    return Child(mother.with_demos(drawn, turns=turns), mother, "crossed", [father])


def born(
    child: Child, shots: DemonstrationSampler | None, admission: Admission, rng: random.Random
) -> tuple[Child, Reason | None]:
    """The child with other examples, drawn again until they are new with its words; and why it is not admitted.

    Where ``shots`` is None its examples stay as they are.
    """
    if shots is None:
        return child, admission.reason_against(child.prompt, child.words or child.mother, [])
    for _ in range(_DRAWS):
        found = child.with_change(*varied(child.prompt, shots, rng))
        reason = admission.reason_against(found.prompt, child.mother, [])
        if reason not in {"copy", "near_copy"}:
            break
    return found, reason


def varied(prompt: Prompt, shots: DemonstrationSampler, rng: random.Random) -> tuple[Prompt, str]:
    """One example more, one fewer, the same ones shown the other way, or as before; shuffled. And which it is.

    Each in a quarter of the cases where it can be. Where they are chosen for each text, their number, form or order.
    """
    if prompt.nearest:
        return rechosen(prompt, shots, rng)
    changed, turns, case = list(prompt.demos), prompt.turns, rng.randrange(4)
    change = "examples shuffled" if len(changed) > 1 else ""
    fresh = [demo for demo in shots.others(changed) if shots.fit([*changed, demo])]
    if case == 0 and fresh:
        changed.append(rng.choice(fresh))
        change = "an example added"
    elif case == 1 and changed:
        changed.pop(rng.randrange(len(changed)))
        change = "an example dropped"
    elif case == 2 and changed:
        turns = not turns
        change = f"examples {shown(turns=turns)}"
    rng.shuffle(changed)
    return prompt.with_demos(changed, turns=turns), change
