"""optimizer=gepa_official: the authors' own GEPA (the ``gepa`` package, 0.1.4 or newer), on our workbench.

For comparison: the same items, models, journal, budget and sealed test as every other strategy. GEPA (Agrawal et al.
2025, arXiv 2507.19457) runs unchanged, with the package's defaults: one parent from the Pareto front over the select
items and one minibatch of 3 reflect items an iteration, its own reflection prompt, a child that must beat its parent
on the minibatch, and no merge (it needs prompts in parts; ``gepa`` has that). The prompt is its one component.

What is ours: an epoch is up to ``iterations`` of its iterations and ends with the first child it accepts; a reply that
is cut off, or a prompt that admission refuses, is not evaluated (``admit=false`` leaves admission out; the reflection
prompt asks for details, so that many prompts quote items and are refused); feedback is the verdict in words with the
definitions of the labels that went wrong; a call that failed for good counts as the mean of the others, not as wrong.
The select items' texts stay on our side. Rewriter temperature: 1 here, unset (the model's own) in the package.

Replies of the rewriter are cut off at 1,500 tokens, and prompts longer than 6,000 characters refused: the package has
no such limits.

Calls an epoch, of S select items: at most iterations x 2 x minibatch + S, and iterations of the rewriter. At the
defaults and S = 18: 48 and 5. Evaluations are one after the other, as in the package: it is the slower for that.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from runner.core.errors import ConfigError
from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.numbers import Count, Temperature
from runner.core.prompt import Prompt
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.sections import with_answer_of
from runner.optimizers.toolkit.thread_bridge import ThreadBridge

_log = logging.getLogger(__name__)
_COMPONENT = "prompt"


@dataclass(frozen=True)
class GepaOfficial:
    """Runs the ``gepa`` package. Raises ConfigError where it is not installed.

    Args:
        iterations: of the package in an epoch, at most.
        minibatch: reflect items in one iteration.
        admit: whether proposals go through admission before they are evaluated.
        temperature: the rewriter's.
        max_tokens: of the rewriter's reply; a longer one is cut off, and not evaluated.
        max_length: characters of instructions, at most, where proposals go through admission.
    """

    iterations: Count = 5
    minibatch: Count = 3
    admit: bool = True
    temperature: Temperature = 1.0
    max_tokens: Count = 1500
    max_length: Count = 6000

    def __post_init__(self) -> None:
        if find_spec("gepa") is None:
            raise ConfigError(
                "optimizer=gepa_official needs the gepa package: pip install 'goldloop[gepa]'",
                code="package-missing",
                key="gepa",
            )

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return 2 * self.iterations * min(self.minibatch, reflect) + select, self.iterations

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        import gepa

        bridge = ThreadBridge[Step]()
        adapter = _Adapter(self, bench, bridge)
        seed = bench.rng.randrange(2**32)

        def search() -> object:
            return gepa.optimize(
                seed_candidate={_COMPONENT: bench.initial.instructions},
                trainset=list(bench.reflect),
                valset=list(range(bench.select_size)),  # places: the texts are the workbench's
                adapter=adapter,
                reflection_minibatch_size=min(self.minibatch, len(bench.reflect)),
                stop_callbacks=[lambda state: False],  # the loop closes us
                callbacks=[adapter],
                logger=adapter,
                track_best_outputs=False,
                seed=seed,
            )

        async with aclosing(bridge.steps(search, "gepa")) as steps:  # type: ignore[type-var]
            async for step in steps:
                yield step


class _Adapter:
    """What the package asks for, answered by the workbench: adapter, callback and logger in one. In its thread."""

    def __init__(self, options: GepaOfficial, bench: Workbench, bridge: ThreadBridge[Step]) -> None:
        self._options, self._bench, self._bridge = options, bench, bridge
        self._admission = Admission(bench.labels, options.max_length)
        self._admission.remember(bench.initial)
        self._measured: dict[Prompt, Evaluation] = {}
        self._pool: list[Prompt] = []
        self._candidates: list[Candidate] = []
        self._rejected: Counter[str] = Counter()
        self._iterations = 0

    def evaluate(self, batch: Sequence[Any], candidate: Mapping[str, str], capture_traces: bool = False) -> Any:
        """Scores of reflect items, or of select items given by their places."""
        from gepa import EvaluationBatch

        bench, prompt = self._bench, self._prompt(candidate)
        if isinstance(batch[0], Item):
            items = list(dict.fromkeys(batch))  # it fills up its last minibatch with some twice
            found = self._bridge.ask(lambda: bench.evaluate(prompt, "reflect", items))
            by_id = {outcome.item.id: outcome for outcome in found.outcomes}
            outcomes = [by_id[item.id] for item in batch]
        else:
            found = self._measured[prompt] = self._bridge.ask(lambda: bench.evaluate(prompt))
            outcomes = [found.outcomes[place] for place in batch]
        scores = [found.credits.get(outcome.item.id, found.reward) for outcome in outcomes]
        return EvaluationBatch(outputs=outcomes, scores=scores, trajectories=outcomes)

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> dict[str, list[dict[str, str]]]:
        """The records that its reflection prompt shows."""
        outcomes: list[Outcome] = eval_batch.trajectories
        records = [self._record(outcome) for outcome in outcomes]
        return {_COMPONENT: [record for record in records if record]}

    def propose_new_texts(
        self,
        candidate: Mapping[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, str]]],
        components_to_update: Sequence[str],
    ) -> dict[str, str]:
        """The package's own prompt and reading of the reply, asked of our rewriter; empty if it is not admitted."""
        from gepa.strategies.instruction_proposal import InstructionProposalSignature as Signature

        records = reflective_dataset[_COMPONENT]
        if not records:
            return {}  # every call of the minibatch failed
        asked = Signature.prompt_renderer(
            {"current_instruction_doc": candidate[_COMPONENT], "dataset_with_feedback": records}
        )
        bench, options = self._bench, self._options
        reply = self._bridge.ask(
            lambda: bench.ask(
                [{"role": "user", "content": str(asked)}],
                temperature=options.temperature,
                max_tokens=options.max_tokens,
            )
        )
        reason: str | None = "truncated" if reply and reply.finish == "length" else None
        written = Signature.output_extractor(reply.text.strip())["new_instruction"] if reply else ""
        if not written:
            reason = reason or "incomplete"
        elif options.admit and not reason:
            parent, shown = self._prompt(candidate), [record["Inputs"] for record in records]
            reason = self._admission.reason_against(self._prompt({_COMPONENT: written}), parent, shown)
        if reason:
            self._rejected[reason] += 1
            return {}
        return {_COMPONENT: written}

    def on_evaluation_skipped(self, event: Mapping[str, Any]) -> None:
        if event["reason"] == "all_scores_perfect":
            self._rejected["nothing_wrong"] += 1

    def on_candidate_rejected(self, event: Mapping[str, Any]) -> None:
        self._rejected["not_better"] += 1

    def on_valset_evaluated(self, event: Mapping[str, Any]) -> None:
        prompt = self._prompt(event["candidate"])
        self._pool.append(prompt)
        for place in event["parent_ids"]:  # none for the initial prompt
            self._candidates.append(Candidate(self._measured[prompt], self._pool[place], "rewritten by gepa"))

    def on_iteration_end(self, event: Mapping[str, Any]) -> None:
        self._iterations += 1
        if self._candidates or self._iterations == self._options.iterations:
            step = Step(self._candidates, dict(self._rejected))
            self._candidates, self._rejected, self._iterations = [], Counter(), 0
            self._bridge.give(step)

    def log(self, message: str) -> None:
        _log.debug("%s", message)

    def _prompt(self, candidate: Mapping[str, str]) -> Prompt:
        initial = self._bench.initial
        return with_answer_of(initial, replace(initial, instructions=candidate[_COMPONENT]))

    def _record(self, outcome: Outcome) -> dict[str, str] | None:
        verdict, reply = outcome.verdict, outcome.reply
        if verdict is None or reply is None:
            return None
        meanings = self._bench.labels.definitions
        defined = [f"{key} means: {meanings[key]}" for key in (*verdict.missing, *verdict.wrong) if meanings.get(key)]
        feedback = "\n".join([verdict.feedback(), *defined])
        return {"Inputs": outcome.item.text, "Generated Outputs": reply.text, "Feedback": feedback}
