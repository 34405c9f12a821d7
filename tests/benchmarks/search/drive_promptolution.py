"""promptolution: --optimizer capo or opro. Its tasks have one set of items: it is given select and train together.

Deviations:
- predictor: --predictor plain (default) reads the whole reply with the benchmark's reader, so that the job's own
  prompt can score at all; --predictor marker is its MarkerBasedPredictor (<final_answer> tags), told of in the
  initial prompts. FirstOccurrencePredictor cannot be used: it strips "_" from words and so never finds a label like
  Account_Access.
- the score is the job's reward (ClassificationTask's `metric` option; its default is accuracy of one class).
- labeller at temperature 0, max_tokens for both roles; the rewriter keeps the endpoint's default temperature.
- a refusal for a spent budget is not retried (by default: 5 times with waits of 1, 2, 4, 8, 16 s, and 2 by the SDK
  each). The optimiser catches the error, ends, and hands over the population of its last whole step.
CAPO: blocks of 6 (default 30: one block, no race, on these sizes); 6 few-shot items popped (its 10% would be 3, and
  it raises ValueError when a prompt draws more examples than there are); population and crossovers 4 and 2 up to 400
  calls, 6 and 3 up to 800, then its 10 and 4: at 10 the first step alone may cost 400. Initial prompts: the job's and
  create_prompt_variation of it by the rewriter, where it would make 10 from the task description by the *labeller*.
OPRO: select is the one block that it scores on (as promptolution.optimize() does with its first 30), examples for its
  meta-prompt come from all. Its default meta-prompt never names the task; --td uses its OPRO_TEMPLATE_TD instead.
n_steps is large: the budget ends it.
"""

import random
import time

import numpy as np
import openai
import pandas as pd
from driver import SENTINEL, Endpoint, Job, Trace, arguments, save, slotted
from promptolution.llms import APILLM
from promptolution.optimizers import CAPO, OPRO
from promptolution.predictors import MarkerBasedPredictor
from promptolution.predictors.base_predictor import BasePredictor
from promptolution.tasks import ClassificationTask
from promptolution.utils import create_prompt_variation
from promptolution.utils.callbacks import BaseCallback
from promptolution.utils.templates import DEFAULT_SYS_PROMPT, OPRO_TEMPLATE_TD

BLOCK, POOL = 6, 6


class BudgetSpent(BaseException):
    """Not an Exception: APILLM retries those. It gathers BaseExceptions and raises RuntimeError, which ends the
    step."""


class LLM(APILLM):
    async def _ainvoke_once(self, prompt, system_prompt):
        try:
            return await super()._ainvoke_once(prompt, system_prompt)
        except openai.APIStatusError as fault:
            if fault.code == "budget_spent":
                raise BudgetSpent(str(fault)) from fault
            raise


class Plain(BasePredictor):
    """The whole reply is the answer."""

    def __init__(self, llm, job: Job) -> None:
        super().__init__(llm)
        self.job = job

    def _extract_preds(self, preds):
        return [spelt(self.job, self.job.read(reply)) for reply in preds]


def spelt(job: Job, labels: list[str]) -> str:
    """A set of labels in one spelling, in list order, so that equal sets are equal texts."""
    return "\n".join([*(n for n in job.labels if n in labels), *(n for n in labels if n not in job.labels)]) or "none"


class Watch(BaseCallback):
    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def on_step_end(self, optimizer) -> bool:
        self.trace.add(max(optimizer.scores))
        return True  # the endpoint ends it; a step that would only partly fit is tried

    def on_train_end(self, optimizer) -> None:
        pass


def main() -> None:
    args = arguments(
        "promptolution",
        optimizer={"choices": ("capo", "opro"), "required": True},
        predictor={"choices": ("plain", "marker"), "default": "plain"},
        td={"action": "store_true"},
    )
    job, endpoint, started = Job.load(args.data), Endpoint(args), time.monotonic()
    trace, settings, stopped = Trace(endpoint), {"predictor": args.predictor}, "finished"
    random.seed(args.seed)
    np.random.seed(args.seed)

    def llm(role: str, most: int, **call: object) -> LLM:
        return LLM(args.base_url, args.model, endpoint.keys[role], max_tokens=most, call_kwargs=call)

    labeller = llm("labeller", args.labeller_max_tokens, temperature=0.0)
    rewriter = llm("rewriter", args.rewriter_max_tokens)
    rows = {item["text"]: item["gold"] for item in [*job.select, *job.train]}  # unique: it misaligns y where x repeats
    frame = pd.DataFrame({"x": list(rows), "y": [spelt(job, gold) for gold in rows.values()]})
    capo = args.optimizer == "capo"

    def metric(gold: list[str], predicted: list[str]) -> float:  # it lowers gold; reading puts that right
        right, said = ([n for n in job.read(text[0]) if n != "<unreadable>"] for text in (gold, predicted))
        return job.reward(right, said or [] if predicted[0].strip() else ["<unreadable>"])

    task = ClassificationTask(
        frame,
        task_description=job.task_description(),
        metric=metric,
        seed=args.seed,
        n_subsamples=BLOCK if capo else len(job.select),
        eval_strategy="sequential_block",
    )
    initial = job.initial_prompt
    if args.predictor == "marker":
        predictor = MarkerBasedPredictor(labeller)
        initial += "\n\nGive the answer between <final_answer> and </final_answer>."
    else:
        predictor = Plain(labeller, job)
    common = {"predictor": predictor, "task": task, "meta_llm": rewriter}
    common["callbacks"] = [] if capo else [Watch(trace)]  # CAPO's scores are those of a block, and no curve
    optimizer, prompts = None, [initial]
    try:
        if capo:
            calls = args.labeller_calls
            size, crossovers = (4, 2) if calls <= 400 else (6, 3) if calls <= 800 else (10, 4)
            settings |= {"population": size, "crossovers_per_iter": crossovers, "block": BLOCK, "few_shot_pool": POOL}
            prompts += create_prompt_variation([initial] * (size - 1), rewriter)
            shots = frame[frame.x.isin(task.pop_datapoints(n=POOL).x)]  # its own rows are in lower case
            optimizer = CAPO(initial_prompts=prompts, crossovers_per_iter=crossovers, df_few_shots=shots, **common)
        else:
            settings |= {"template": "OPRO_TEMPLATE_TD" if args.td else "default", "scored_items": len(job.select)}
            template = {"prompt_template": OPRO_TEMPLATE_TD} if args.td else {}
            optimizer = OPRO(initial_prompts=prompts, **template, **common)
        optimizer.optimize(n_steps=1000)
    except Exception as fault:
        if not endpoint.spent():  # no call was refused: a fault, not the end of a search
            raise
        stopped = f"{type(fault).__name__}: {str(fault)[:200]}"
    best = 0
    if optimizer is not None and len(optimizer.scores) == len(optimizer.prompts):
        best = int(np.argmax(optimizer.scores))
    prompt = str(optimizer.prompts[best]) if optimizer is not None else initial
    user = f"{prompt}\n{SENTINEL}"  # as BasePredictor.predict joins them
    messages, slot = slotted([{"role": "system", "content": DEFAULT_SYS_PROMPT}, {"role": "user", "content": user}])
    spent = endpoint.spent()
    save(
        args,
        tool=f"promptolution-{args.optimizer}",
        packages=["promptolution", "openai"],
        messages=messages,
        slot=slot,
        parsing="final-answer" if args.predictor == "marker" else "labels",
        started=started,
        endpoint=endpoint,
        trace=trace,
        stopped=f"{stopped}, {spent} budget spent" if spent else stopped,
        settings=settings,
    )


if __name__ == "__main__":
    main()
