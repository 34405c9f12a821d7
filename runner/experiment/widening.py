"""After a search: the select items too as examples that a prompt chooses from.

While a search measures the select items, only reflect items are examples, and so a prompt that was found has half of
the gold to choose from. More examples are nearer ones (docs/strategies.md). A prompt never chooses the text it is asked
about, nor a near-twin of it, so the wider one is measured on the select items as well, each without itself (leave one
out), and the sealed items judge just the prompt that is kept.
"""

from runner.core.evaluation import Evaluation
from runner.core.gold import demo_of
from runner.datasets.split import Split
from runner.experiment.evaluator import Evaluator
from runner.experiment.selection import paired_difference
from runner.experiment.strategy import Candidate
from verifiers.verifier import Verifier

_LONGEST = 1200  # characters


async def widened(best: Evaluation, split: Split, evaluator: Evaluator, verifier: Verifier) -> Candidate | None:
    """The best prompt with the select items among its examples; None where it chooses none, or has them already.

    Long items stay out, as in the strategies, but for those no longer than an example that is there.
    """
    prompt = best.prompt
    if not prompt.nearest or split.shared:
        return None
    longest = max(_LONGEST, *(len(demo.text) for demo in prompt.demos))
    more = [demo_of(verifier, item) for item in split.select if len(item.text) <= longest]
    wider = prompt.with_demos(dict.fromkeys([*prompt.demos, *more]))
    if wider == prompt:
        return None
    found = await evaluator.evaluate(wider, split.select, "select")
    return Candidate(found, prompt, f"{len(wider.demos) - len(prompt.demos)} select items among its examples too")


def not_worse(before: Evaluation, after: Evaluation) -> bool:
    """Whether the wider prompt is kept: of equals it is, since other texts than these are nearer to more examples."""
    return paired_difference(before, after).mean > -1e-9
