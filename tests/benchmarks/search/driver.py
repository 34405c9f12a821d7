"""What the drivers share: the job, the reward, the reader, the endpoint's counts, the result file.

Standard library and `verifiers.reading` (which needs no package), so that it runs in every tool's environment: the
checkout must be on PYTHONPATH. Every tool's replies are read by the same reader.
"""

import argparse
import json
import re
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from verifiers.label_set import LabelSet
from verifiers.reader.label_answer import read_labels
from verifiers.reader.outcome import NamesRead


def arguments(tool: str, **extra: dict) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--labeller-calls", type=int, required=True)
    parser.add_argument("--rewriter-calls", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    parser.add_argument("--model", default="fake")
    parser.add_argument("--key-prefix", default=tool, help="keys are PREFIX:labeller and PREFIX:rewriter")
    parser.add_argument("--labeller-max-tokens", type=int, default=64)
    parser.add_argument("--rewriter-max-tokens", type=int, default=1000)  # a small context cannot give 32,000
    for name, options in extra.items():
        parser.add_argument("--" + name.replace("_", "-"), **options)
    args = parser.parse_args()
    if args.key_prefix == tool and getattr(args, "optimizer", None):
        args.key_prefix = f"{tool}-{args.optimizer}"
    return args


@dataclass
class Job:
    labels: dict[str, str]
    multiple: bool
    initial_prompt: str
    train: list[dict]
    select: list[dict]

    @classmethod
    def load(cls, path: str) -> "Job":
        data = json.loads(Path(path).read_text())
        return cls(data["labels"], data["multiple"], data["initial_prompt"], data["train"], data["select"])

    def read(self, reply: str) -> list[str]:
        """The labels that a reply names; those that are not on the list too, as they were written."""
        reading = read_labels(reply or "", LabelSet(self.labels))
        return [*reading.found, *reading.out_of_list] if isinstance(reading, NamesRead) else ["<unreadable>"]

    def reward(self, gold: list[str], predicted: list[str]) -> float:
        """F1 of the two sets, 1 if both are empty; exact match where an item has one label."""
        right, said = set(gold), set(predicted)
        if not self.multiple:
            return float(right == said)
        return 2 * len(right & said) / (len(right) + len(said)) if right or said else 1.0

    def feedback(self, gold: list[str], predicted: list[str]) -> str:
        """For tools that take feedback in words: what is right, what was missed, what was wrong, with definitions."""

        def named(labels: list[str]) -> str:
            return "; ".join(f"{n} ({self.labels[n]})" if self.labels.get(n) else n for n in labels) or "none"

        missed = [n for n in gold if n not in predicted]
        wrong = [n for n in predicted if n not in gold]
        if not missed and not wrong:
            return f"Correct. The labels are: {', '.join(gold) or 'none'}."
        said = (
            f"The correct labels are: {', '.join(gold) or 'none'}. The answer named: {', '.join(predicted) or 'none'}."
        )
        return f"{said} Missed: {named(missed)}. Wrongly named: {named(wrong)}."

    def task_description(self) -> str:
        how = "all labels that apply (there may be none)" if self.multiple else "the one label that fits best"
        lines = "\n".join(f"- {n}: {d}" if d else f"- {n}" for n, d in self.labels.items())
        return f"Label each text with {how}. The labels:\n{lines}"


class Endpoint:
    """Asks the counting endpoint what is spent; the authority, so that retries and fallbacks are counted too."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.url = args.base_url.removesuffix("/").removesuffix("/v1")
        self.keys = {role: f"{args.key_prefix}:{role}" for role in ("labeller", "rewriter")}
        self.budget = {"labeller": args.labeller_calls, "rewriter": args.rewriter_calls}

    def row(self, role: str) -> dict:
        try:
            with urllib.request.urlopen(
                f"{self.url}/counts?key={urllib.parse.quote(self.keys[role])}", timeout=30
            ) as reply:
                return json.load(reply)
        except (OSError, ValueError):  # an endpoint that does not count: nothing is known
            return {"calls": 0, "refused": 0}

    def calls(self, role: str) -> int:
        return self.row(role)["calls"]

    def refused(self) -> int:
        return sum(self.row(role)["refused"] for role in self.keys)

    def spent(self) -> str | None:
        """The role whose budget is gone, if one is: its calls have reached the number, or a call was refused."""
        for role, budget in self.budget.items():
            row = self.row(role)
            if row["calls"] >= budget or row["refused"]:
                return role
        return None


@dataclass
class Trace:
    """(calls so far, best score so far), where a tool tells its scores."""

    endpoint: Endpoint
    points: list[dict] = field(default_factory=list)
    best: float = float("-inf")

    def add(self, score: float) -> None:
        self.best = max(self.best, score)
        calls = {role: self.endpoint.calls(role) for role in self.endpoint.keys}
        self.points.append({**calls, "score": round(score, 4), "best": round(self.best, 4)})


SENTINEL = "\ue000THE TEXT\ue000"  # stands for a text while a tool renders its messages; in no prompt


def slotted(messages: list[dict]) -> tuple[list[dict], str]:
    """Messages rendered for SENTINEL, with a slot in its place: {text}, or a longer one where the prompt says {text}
    itself
    (DSPy's does, as an example of its format, and that one must stay). Fill by str.replace, not str.format."""
    said = "\n".join(m["content"] for m in messages)
    slot = next(s for s in ("{text}", "<<text>>", "<<the text to label>>") if s not in said)
    return [{"role": m["role"], "content": m["content"].replace(SENTINEL, slot)} for m in messages], slot


def chat(system: str) -> tuple[list[dict], str]:
    """The plain form: the prompt as system, the text as user."""
    return slotted([{"role": "system", "content": system}, {"role": "user", "content": SENTINEL}])


def save(args, *, tool, packages, messages, slot, parsing, started, endpoint, trace, stopped, settings, **more) -> None:
    versions = {}
    for name in packages:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    result = {
        "tool": tool,
        "version": versions[packages[0]],
        "versions": versions,
        "seed": args.seed,
        "messages_for_a_text": messages,
        "slot": slot,
        "answer_parsing": parsing,
        "stopped": stopped,
        "seconds": round(time.monotonic() - started, 2),
        "counts": {role: endpoint.row(role) for role in endpoint.keys},
        "trace": trace.points,
        "settings": settings,
        **more,
    }
    keep(Path(args.out), result)
    calls = {role: row["calls"] for role, row in result["counts"].items()}
    print(f"{tool}: {stopped}; calls {calls}; {result['seconds']} s; {args.out}")


def keep(path: Path, row: dict) -> None:
    """Write a result whole: who is interrupted leaves the old file or the new one."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(row, indent=1, ensure_ascii=False))
    part.replace(path)


def answer(parsing: str, reply: str, job: Job) -> list[str]:
    """Reads a reply as the tool that made the prompt would: plain, or within the tool's own wrapping."""
    if (
        parsing == "dspy-chat"
    ):  # the value of [[ ## chosen_labels ## ]]; DSPy asks a second time, for JSON, if that is missing
        found = re.search(r"\[\[ ## chosen_labels ## \]\]\s*(.*?)\s*(?:\[\[ ## |\Z)", reply, re.DOTALL)
        reply = found.group(1) if found else reply
        try:
            value = json.loads(reply)
            reply = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        except ValueError:
            pass
        return job.read(reply or "none")
    if parsing == "final-answer":  # promptolution's MarkerBasedPredictor
        reply = reply.split("<final_answer>")[-1].split("</final_answer>")[0].strip()
    if parsing == "on-list":  # the tutorial: what is not on the list vanishes
        return [label for label in job.read(reply) if label in job.labels]
    return job.read(reply)
