"""gepa.optimize with its DefaultAdapter: train is its trainset (reflection), select its valset (Pareto scores).

Defaults throughout: minibatch of 3, Pareto parents, strict improvement, no merge, its own reflection prompt.
Deviations:
- evaluator: F1 and feedback in words (with the definitions of missed and wrong labels), as its docs advise, where its
  ContainsAnswerEvaluator asks for the gold string in the reply.
- labeller at temperature 0 and both roles with max_tokens: these belong to the models. The reflection LM keeps the
  default temperature (unset).
- stop_callbacks: max_metric_calls is looked at between iterations only, so a run may go over by a valset and 2
  minibatches; the endpoint refuses those calls, and the stopper ends the run at the next look.
  raise_on_exception=False makes the refusal end an iteration and not the run.
"""

import os
import time

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else its import asks the internet for prices, and waits
import gepa
from driver import Endpoint, Job, Trace, arguments, chat, save
from gepa.adapters.default_adapter.default_adapter import DefaultAdapter, EvaluationResult


class Watch:
    """A GEPACallback: notes each candidate that was scored on the whole valset."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.scored = trace, []

    def on_valset_evaluated(self, event: dict) -> None:
        self.scored.append((event["average_score"], event["candidate"]["prompt"]))
        self.trace.add(event["average_score"])


def main() -> None:
    args = arguments("gepa")
    job, endpoint, started = Job.load(args.data), Endpoint(args), time.monotonic()
    watch = Watch(Trace(endpoint))

    def evaluator(data: dict, response: str) -> EvaluationResult:
        predicted = job.read(response)
        return EvaluationResult(job.reward(data["gold"], predicted), job.feedback(data["gold"], predicted))

    def rows(items: list[dict]) -> list[dict]:
        return [
            {"input": i["text"], "additional_context": {}, "answer": "\n".join(i["gold"]), "gold": i["gold"]}
            for i in items
        ]

    def lm(role: str, most: int, **more: object) -> dict:
        return {"api_base": args.base_url, "api_key": endpoint.keys[role], "max_tokens": most, **more}

    labeller = lm("labeller", args.labeller_max_tokens, temperature=0.0)
    adapter = DefaultAdapter(f"openai/{args.model}", evaluator, litellm_batch_completion_kwargs=labeller)
    try:
        result = gepa.optimize(
            seed_candidate={"prompt": job.initial_prompt},
            trainset=rows(job.train),
            valset=rows(job.select),
            adapter=adapter,
            reflection_lm=f"openai/{args.model}",
            reflection_lm_kwargs=lm("rewriter", args.rewriter_max_tokens),
            max_metric_calls=args.labeller_calls,
            stop_callbacks=[lambda state: endpoint.spent() is not None],
            callbacks=[watch],
            raise_on_exception=False,
            seed=args.seed,
        )
        prompt, stopped = result.best_candidate["prompt"], "finished"
    except Exception as fault:  # the first scoring of the initial prompt is outside the part that is caught
        if not endpoint.spent():  # no call was refused: a fault, not the end of a search
            raise
        prompt = max(watch.scored, key=lambda s: s[0])[1] if watch.scored else job.initial_prompt
        stopped = f"failed: {type(fault).__name__}: {fault}"
    spent = endpoint.spent()
    messages, slot = chat(prompt)
    save(
        args,
        tool="gepa",
        packages=["gepa", "litellm"],
        messages=messages,
        slot=slot,
        parsing="labels",
        started=started,
        endpoint=endpoint,
        trace=watch.trace,
        stopped=f"{stopped}, {spent} budget spent" if spent else stopped,
        settings={"max_metric_calls": args.labeller_calls},
        candidates=len(watch.scored),
    )


if __name__ == "__main__":
    main()
