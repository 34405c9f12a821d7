"""DSPy's MIPROv2 on spans: dspy.Predict(text -> list of label and quote), goldloop's labels and instructions in words.

Runs in the peers' environment; ``GOLDLOOP_PACKAGES`` is where the few packages stand that the verifier needs, after
its own. What it finds is judged by goldloop's verifier: the F1 of an item's spans, as goldloop's ``reward=f1``. As in
search/drive_dspy.py, sizes fill the budget of calls, and the best program that was wholly scored is proved.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.append(os.environ["GOLDLOOP_PACKAGES"])
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "search"))
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import importlib.util
from types import SimpleNamespace

import dspy
import pydantic
from driver import Endpoint, Trace, arguments, keep
from dspy.utils.exceptions import AdapterParseError

from verifiers.label_set import LabelSet
from verifiers.rewards.corpus import MicroF1
from verifiers.rewards.per_item import FBeta
from verifiers.spans import Spans
from verifiers.verifier import judge

# The driver for labels has the same name; its Watch and its sizes are used as they are.
found = importlib.util.spec_from_file_location("for_labels", Path(__file__).parents[1] / "search" / "drive_dspy.py")
for_labels = importlib.util.module_from_spec(found)
found.loader.exec_module(for_labels)


class Found(pydantic.BaseModel):
    label: str
    text: str


def main() -> None:
    args = arguments("dspy")
    rows, started = json.loads(Path(args.data).read_text("utf-8")), time.monotonic()
    endpoint = Endpoint(args)
    names = sorted({span["label"] for row in rows for span in row["spans"]})
    verifier, metric_of = Spans(LabelSet.of(names)), FBeta()
    items = {row["id"]: SimpleNamespace(id=row["id"], text=row["text"]) for row in rows}
    golds = {row["id"]: verifier.gold(row["spans"], items[row["id"]]) for row in rows}

    def verdict(row_id: str, prediction: object):
        said = [
            one.model_dump() if isinstance(one, Found) else one for one in (getattr(prediction, "spans", None) or [])
        ]
        return judge(verifier, json.dumps(said), golds[row_id], items[row_id])

    def metric(gold, prediction, trace=None):
        reward = metric_of.of_item(verdict(gold.row, prediction))
        return reward if trace is None else reward == 1.0

    def lm(role: str, most: int, **more: object) -> dspy.LM:
        key = endpoint.keys.get(role, f"dspy:{role}")
        return dspy.LM(f"openai/{args.model}", api_base=args.base_url, api_key=key, max_tokens=most, **more)

    def examples(part: str) -> list[dspy.Example]:
        chosen = [row for row in rows if row["part"] == part]
        spans = [[Found(label=one["label"], text=one["text"]) for one in row["spans"]] for row in chosen]
        return [
            dspy.Example(row=row["id"], text=row["text"], spans=each).with_inputs("text")
            for row, each in zip(chosen, spans, strict=True)
        ]

    labeller = lm("labeller", args.labeller_max_tokens, temperature=0.0)
    rewriter = lm("rewriter", args.rewriter_max_tokens)
    train, select, sealed = (examples(part) for part in ("reflect", "select", "test"))
    watch = for_labels.Watch(Trace(endpoint), len(select))
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    dspy.configure(lm=labeller, callbacks=[watch])
    task = (
        "Read the text and find the words in it that the labels below stand for. "
        "Copy the words of each exactly from the text; an empty list if there are none.\n"
        + "\n".join(f"- {n}" for n in names)
    )
    student = dspy.Predict(
        dspy.Signature({"text": (str, dspy.InputField()), "spans": (list[Found], dspy.OutputField())}, task)
    )
    sizes = for_labels.mipro_sizes(args.labeller_calls, args.rewriter_calls, len(train), len(select))
    try:
        optimizer = dspy.MIPROv2(
            metric=metric, prompt_model=rewriter, task_model=labeller, auto=None,
            num_candidates=sizes.pop("num_candidates"), seed=args.seed + 1000,
        )  # fmt: skip
        program = optimizer.compile(student, trainset=train, valset=select, **sizes)
        stopped = "finished"
    except Exception as fault:
        if not endpoint.spent():
            raise
        program, stopped = student, f"{type(fault).__name__}: {str(fault)[:200]}"
    if watch.scored:
        program = max(watch.scored, key=lambda each: each[0])[1]
    counts = {role: endpoint.row(role) for role in endpoint.keys}
    prover = lm("proof", args.labeller_max_tokens, temperature=0.0)
    verdicts = {}
    with dspy.context(lm=prover):
        for each in sealed:
            try:
                prediction = program(text=each.text)
            except AdapterParseError:  # after its second try too
                prediction = None
            verdicts[each.row] = verdict(each.row, prediction)
    credits = {row: metric_of.of_item(one) for row, one in verdicts.items()}
    predictor = program.predictors()[0]
    keep(
        Path(args.out),
        {
            "tool": "dspy-mipro", "version": dspy.__version__, "stopped": stopped, "counts": counts,
            "seconds": round(time.monotonic() - started, 1), "settings": sizes,
            "instructions": predictor.signature.instructions, "demos": len(predictor.demos),
            "credits": credits, "micro_f1": MicroF1().score(list(verdicts.values())),
            "scored": [score for score, _ in watch.scored],
        },
    )  # fmt: skip
    print(f"dspy: {stopped}; {statistics.fmean(credits.values()):.3f} of the sealed items")


if __name__ == "__main__":
    main()
