"""DSPy: --optimizer mipro (MIPROv2) or gepa (dspy.GEPA). train is the trainset, select the valset, as both ask.

The program is dspy.Predict(text -> labels), the job's prompt its instructions: list[str] where an item has any number
of labels (a Literal list would turn one strange label into a parse error and a second call), Literal where it has
one. --module cot uses ChainOfThought. Adapter: the default (ChatAdapter, and JSONAdapter after a parse error: a
second call).
Deviations, both:
- labeller at temperature 0, max_tokens for both roles. dspy.GEPA's reflection LM at temperature 1.0, as its docs.
- disk cache off (a run must not live off another's calls), memory cache on: hits cost no call, as for its users.
- labels and definitions are known to the optimiser only through the prompt and (GEPA) the feedback.
MIPROv2: auto=None, since auto="light" needs about 290 calls here. num_candidates 6 (12, 18) as in light (medium,
  heavy) if their recommended trials fit, num_trials to fill the budget. Below about 13 rewriter calls the
  program-aware, below 7 the data-aware proposer is off, since a refused proposal ends the run; minibatch off below 51
  items, as auto does. Seed 0 is ignored by it (dspy #10321), so seed + 1000. The metric is exact when it picks
  demonstrations (trace is not None), as its docs advise. A trial whose calls are refused is scored 0 by it, and it
  goes on to its last trial, so it ends by itself; a refused proposal raises out of compile: then the best program
  that was wholly scored is taken (it hands none over), else the initial one.
GEPA: max_metric_calls counts items, not calls, and refused calls silently score 0, so a stopper (gepa_kwargs) asks
  the endpoint.
"""

import os
import time
from typing import Literal

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("DSPY_CACHEDIR", "/tmp/dspy-cache-unused")
import dspy
from driver import SENTINEL, Endpoint, Job, Trace, arguments, save, slotted
from dspy.utils.callback import BaseCallback

FIELD = "chosen_labels"  # not "labels": dspy.Example has a method of that name, and gold.labels would be it


class Watch(BaseCallback):
    """Notes every program that was scored on all select items without a refused call."""

    def __init__(self, trace: Trace, size: int) -> None:
        self.trace, self.size, self.open, self.scored = trace, size, {}, []

    def on_evaluate_start(self, call_id, instance, inputs) -> None:
        if len(inputs.get("devset") or instance.devset) == self.size:
            self.open[call_id] = (inputs["program"].deepcopy(), self.trace.endpoint.refused())

    def on_evaluate_end(self, call_id, outputs, exception=None) -> None:
        program, refused = self.open.pop(call_id, (None, 0))
        if program is not None and exception is None and self.trace.endpoint.refused() == refused:
            self.scored.append((outputs.score / 100, program))
            self.trace.add(outputs.score / 100)


def signature(job: Job) -> type[dspy.Signature]:
    kind = list[str] if job.multiple else Literal[tuple(job.labels)]
    return dspy.Signature({"text": (str, dspy.InputField()), FIELD: (kind, dspy.OutputField())}, job.initial_prompt)


def mipro_sizes(labeller: int, rewriter: int, train: int, select: int) -> dict:
    """num_candidates, num_trials and what the proposer looks at, so that both budgets are used and neither breaks
    it."""
    summary = 1 + -(-min(train, 100) // 10)  # data summary: a call for each 10 items, and one
    program, data = rewriter >= summary + 3 * 3, rewriter >= summary + 3  # 3 candidates at least; 1 or 3 calls each
    most = max(3, (rewriter - summary * data) // (3 if program else 1))
    n = min(6, most)
    for more in (12, 18):
        if more <= most and labeller >= select * (1.5 * more + 1) + (more - 2) * train:  # 1.5 n trials are recommended
            n = more
    trials = max(
        1, -(-labeller // select)
    )  # more than bootstrapping leaves calls for: repeated trials are free (cache)
    return {
        "num_candidates": n,
        "num_trials": trials,
        "minibatch": select > 50,
        "program_aware_proposer": program,
        "data_aware_proposer": data,
    }


def main() -> None:
    args = arguments(
        "dspy",
        optimizer={"choices": ("mipro", "gepa"), "required": True},
        module={"choices": ("predict", "cot"), "default": "predict"},
    )
    job, endpoint, started = Job.load(args.data), Endpoint(args), time.monotonic()
    watch = Watch(Trace(endpoint), len(job.select))

    def lm(role: str, most: int, **more: object) -> dspy.LM:
        return dspy.LM(
            f"openai/{args.model}", api_base=args.base_url, api_key=endpoint.keys[role], max_tokens=most, **more
        )

    labeller = lm("labeller", args.labeller_max_tokens, temperature=0.0)
    rewriter = lm("rewriter", args.rewriter_max_tokens, temperature=1.0 if args.optimizer == "gepa" else None)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    dspy.configure(lm=labeller, callbacks=[watch])
    student = (dspy.ChainOfThought if args.module == "cot" else dspy.Predict)(signature(job))

    def examples(items: list[dict]) -> list[dspy.Example]:
        labels = [i["gold"] if job.multiple else i["gold"][0] for i in items]
        return [
            dspy.Example(**{"text": i["text"], FIELD: n}).with_inputs("text")
            for i, n in zip(items, labels, strict=True)
        ]

    def judged(gold: dspy.Example, pred: dspy.Prediction) -> tuple[list[str], list[str]]:
        said, right = pred.get(FIELD), gold[FIELD] if job.multiple else [gold[FIELD]]
        return right, job.read("\n".join(said) or "none" if isinstance(said, list) else str(said or ""))

    def metric(gold, pred, trace=None):
        reward = job.reward(*judged(gold, pred))
        return reward if trace is None else reward == 1.0

    def metric_with_feedback(gold, pred, trace=None, pred_name=None, pred_trace=None):
        right, predicted = judged(gold, pred)
        return dspy.Prediction(score=job.reward(right, predicted), feedback=job.feedback(right, predicted))

    train, select, settings = examples(job.train), examples(job.select), {"module": args.module}
    try:
        if args.optimizer == "mipro":
            sizes = mipro_sizes(args.labeller_calls, args.rewriter_calls, len(train), len(select))
            settings.update(sizes)
            optimizer = dspy.MIPROv2(
                metric=metric,
                prompt_model=rewriter,
                task_model=labeller,
                auto=None,
                num_candidates=sizes.pop("num_candidates"),
                seed=args.seed + 1000,
            )
            program = optimizer.compile(student, trainset=train, valset=select, **sizes)
        else:
            settings |= {"max_metric_calls": args.labeller_calls}
            optimizer = dspy.GEPA(
                metric=metric_with_feedback,
                max_metric_calls=args.labeller_calls,
                reflection_lm=rewriter,
                seed=args.seed,
                gepa_kwargs={"stop_callbacks": [lambda state: endpoint.spent() is not None]},
            )
            program = optimizer.compile(student, trainset=train, valset=select)
        stopped = "finished"
    except Exception as fault:  # what DSPy makes of a call that was refused; without one it is a fault, and told
        if not endpoint.spent():
            raise
        program = max(watch.scored, key=lambda s: s[0])[1] if watch.scored else student
        stopped = f"{type(fault).__name__}: {str(fault)[:200]}"
    if (
        args.optimizer == "mipro" and watch.scored
    ):  # a trial that was partly refused is scored low, never high: the same program
        program = max(watch.scored, key=lambda s: s[0])[1]
    predictor = program.predictors()[0]
    adapter = dspy.settings.adapter or dspy.ChatAdapter()
    messages, slot = slotted(adapter.format(predictor.signature, predictor.demos, {"text": SENTINEL}))
    spent = endpoint.spent()
    save(
        args,
        tool=f"dspy-{args.optimizer}",
        packages=["dspy", "gepa", "optuna", "litellm"],
        messages=messages,
        slot=slot,
        parsing="dspy-chat",
        started=started,
        endpoint=endpoint,
        trace=watch.trace,
        stopped=f"{stopped}, {spent} budget spent" if spent else stopped,
        settings=settings,
        instructions=predictor.signature.instructions,
        demos=len(predictor.demos),
    )
    if os.environ.get("CHECK_REPLAY"):  # what the program itself sends for a text (one more labeller call)
        labeller.kwargs["api_key"] = "check:labeller"
        try:
            with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
                program(text="a text to check {ok}")
        except dspy.utils.exceptions.AdapterParseError:
            pass


if __name__ == "__main__":
    main()
