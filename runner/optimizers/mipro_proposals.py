"""What optimizer=mipro makes prompts of: instructions that a rewriter proposes, and sets of worked examples."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from runner.core.items import Item
from runner.core.prompt import Message, Prompt, with_definitions
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler, Examples
from runner.optimizers.toolkit.feedback import example_blocks, vocabulary_block
from runner.optimizers.toolkit.rewriter_io import ask_all, how_to_write, question, tagged, whole_prompt
from runner.optimizers.toolkit.sections import guidance, with_guidance
from runner.optimizers.toolkit.tpe import Combination

TIPS = (
    "Keep it short and clear.",
    "For each label, say what a text must have to get it.",
    "Say which of two labels wins where both could be meant.",
    "Begin with who the reader is: You are ...",
    "Say what depends on right labels, so that the reader takes care.",
    "Be creative: write it as nobody else would.",
)


@dataclass(frozen=True)
class Words:
    """Instructions, and what is different in them from the first."""

    instructions: str
    change: str


@dataclass(frozen=True)
class Parts:
    """What prompts are put together from.

    A combination is (number of the words, number of the examples, whether these are shown the other way than the
    first prompt shows its own: in words, or as turns of the chat).
    """

    initial: Prompt
    words: Sequence[Words]
    sets: Sequence[Examples]

    @property
    def sizes(self) -> tuple[int, int, int]:
        return len(self.words), len(self.sets), 2 if any(each.demos for each in self.sets) else 1

    @property
    def first(self) -> list[Combination]:
        """What is best at the start, and tried first: the first and the next words with examples chosen for each text.

        In both forms.
        """
        chosen = next((number for number, each in enumerate(self.sets) if number and each.nearest), None)
        words = range(min(2, len(self.words)))
        return [(one, chosen, way) for one in words for way in (0, 1)] if chosen else []

    def same(self, one: Combination) -> bool:
        """Whether it is the prompt of another combination: no examples are no other way to show them."""
        return one[2] > 0 and not self.sets[one[1]].demos

    def prompt(self, one: Combination) -> Prompt:
        words = replace(self.initial, instructions=self.words[one[0]].instructions)
        return self.sets[one[1]].on(words, turns=self._turns(one))

    def change(self, one: Combination) -> str:
        examples = self.sets[one[1]].told(turns=self._turns(one)) if one[1] or one[2] else ""
        return ", ".join(filter(None, [self.words[one[0]].change, examples]))

    def _turns(self, one: Combination) -> bool:
        return self.initial.turns != (one[2] > 0)


def example_sets(bench: Workbench, shots: DemonstrationSampler, nearest: Sequence[int], count: int) -> list[Examples]:
    """``count`` different sets, as far as there are: the first prompt's, the nearest of all, then many and fewer."""
    found = dict.fromkeys([Examples.of(bench.initial), *shots.pools(nearest)][:count])
    for number in range(10 * count if shots.pool else 0):
        if len(found) < count:
            found[Examples(tuple(shots.fresh(number, bench.rng)))] = None
    return list(found)


def defined_words(bench: Workbench, admission: Admission) -> list[Words]:
    """The first prompt with what the labels mean; nothing where nobody said it, or where it says so already."""
    defined = with_definitions(bench.initial, bench.labels)
    if defined == bench.initial:
        return []
    admission.remember(defined)
    return [Words(defined.instructions, "definitions")]


async def proposed(
    bench: Workbench,
    base: Words,
    viewed: Sequence[Item],
    admission: Admission,
    rejected: Counter[str],
    *,
    count: int,
    temperature: float,
    max_tokens: int,
) -> list[Words]:
    """What of ``count`` proposals is admitted: other words for ``base``, from a summary of ``viewed`` and a tip."""
    parent = replace(bench.initial, instructions=base.instructions)
    tips = bench.rng.sample(TIPS, len(TIPS))
    looks = [_look(bench, viewed)] if viewed else []
    summaries = await ask_all(bench, looks, temperature=temperature, max_tokens=max_tokens)
    summary = " ".join(tagged(reply, "summary")[0] for reply in summaries)
    asked = [_propose(bench, parent, summary, tips[number % len(tips)]) for number in range(count)]
    found: list[Words] = []
    for reply in await ask_all(bench, asked, temperature=temperature, max_tokens=max_tokens):
        written, lacking = tagged(reply, "prompt")
        proposal = with_guidance(parent, written)
        reason = lacking or admission.reason_against(proposal, parent, [item.text for item in viewed])
        if reason:
            rejected[reason] += 1
        else:
            found.append(Words(proposal.instructions, ", ".join(filter(None, [base.change, "proposed words"]))))
    return found


def _look(bench: Workbench, viewed: Sequence[Item]) -> list[Message]:
    return question(
        example_blocks(bench, viewed),
        vocabulary_block(bench.labels),
        "In three sentences, say what is true of most of these texts: who writes, about what, in which form, and what "
        "is hard about labelling them. Do not quote them, and name no detail of a single text.\n"
        "Answer with the sentences between <summary> and </summary>, and nothing else.",
    )


def _propose(bench: Workbench, parent: Prompt, summary: str, tip: str) -> list[Message]:
    return question(
        f"What the texts are like:\n{summary}" if summary else "",
        vocabulary_block(bench.labels),
        f"The current prompt:\n{whole_prompt(guidance(parent))}",
        f"Write another prompt for the same task. {tip}",
        how_to_write(parent),
    )
