"""What a search brings for answers of each kind, with the embedded model and the default strategy; resumable.

    python tests/benchmarks/answers [KIND ...] [--peer] [--out DIR] [--sealed 50] [--epochs 3] [--report]

A kind is spans, fields, taxonomy or rating, each on a data set of GOLDLOOP_SHARED_DATA. Each is a run of ``goldloop``
in DIR/KIND, as a person would start it: an interrupted one goes on, a finished one is not run again. ``--peer`` gives
DSPy's MIPROv2 the same model, reflect, select and sealed items for spans, the same reward of an item, and as many
calls as goldloop's search made. ``--report`` prints the table of docs/answers.md.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SEARCH = HERE.parent / "search"
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT), str(HERE), str(SEARCH)]

from endpoints import gate, post, upstream  # noqa: E402

from runner.stats.evidence import decide  # noqa: E402
from runner.stats.intervals import reward_interval  # noqa: E402

SHARED = Path(os.environ.get("GOLDLOOP_SHARED_DATA", ROOT.parent / "shared" / "data"))
PARTS = {"reflect": 20, "select": 20}
Row = dict[str, Any]
_THREE = {"banking", "travel", "work"}  # domains of CLINC150


def slots() -> list[Row]:
    """The rows of NLU++ banking that have spans."""
    return [row for row in _rows("nlupp_banking_slots.json") if row["spans"]]


def domains() -> list[Row]:
    return [{**row, "path": row["path"][:1]} for row in _rows("clinc150_paths.json")]


def requests() -> list[Row]:
    """What people ask of a bank, of an employer and on a journey: the field, of three, and the intent, of 45."""
    rows = [row for row in _rows("clinc150_paths.json") if row["path"] and row["path"][0] in _THREE]
    return [{"id": row["id"], "text": row["text"], "domain": row["path"][0], "intent": row["path"][1]} for row in rows]


def reviews() -> list[Row]:
    """With what all 20 people said, so that one of them can be held against the others."""
    rows = _rows("review_snippets_rating.json")
    return [{**row, "rating": {"rating": row["rating"], "ratings": row["ratings"]}} for row in rows]


def _rows(name: str) -> list[Row]:
    rows: list[Row] = json.loads((SHARED / name).read_text("utf-8"))
    return rows


@dataclass(frozen=True)
class Kind:
    """A data set, and the words of the command."""

    rows: Callable[[], list[Row]]
    words: tuple[str, ...]


SCALE = (
    "Rate how the writer of this sentence from a product review feels about the product: a number from -4 (hates it) "
    "over 0 (neither, or nothing is said of it) to 4 (loves it)."
)
KINDS = {
    "spans": Kind(slots, ("dataset.gold_field=spans", "verifier=spans", "reward=f1")),
    "taxonomy": Kind(domains, ("dataset.gold_field=path", "verifier=taxonomy")),
    "rating": Kind(
        reviews,
        ("dataset.gold_field=rating", "verifier=rating", "verifier.low=-4", "verifier.high=4", f"prompt='{SCALE}'"),
    ),
    "fields": Kind(
        requests,
        (
            "dataset.gold_field={domain: domain, intent: intent}",
            "verifier=fields",
            "verifier.fields={domain: {_target_: verifiers.choice.Choice},intent: {_target_: verifiers.choice.Choice}}",
        ),
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(prog="tests/benchmarks/answers", description=__doc__)
    options.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    options.add_argument("--peer", action="store_true", help="DSPy's MIPROv2 on spans, after goldloop's run")
    options.add_argument("--out", type=Path, default=ROOT / "outputs" / "answers")
    options.add_argument("--sealed", type=int, default=50)
    options.add_argument("--epochs", type=int, default=3)
    options.add_argument("--report", action="store_true")
    args = options.parse_args()
    args.out = args.out.resolve()
    for kind in args.kinds:
        run(kind, args.out, args.sealed, args.epochs)
    if args.peer:
        peer(args.out)
    if args.report:
        print(report(args.out))


def run(kind: str, out: Path, sealed: int, epochs: int) -> None:
    """``goldloop`` in ``out``/``kind``."""
    data = out / f"{kind}.json"
    if not data.exists():
        out.mkdir(parents=True, exist_ok=True)
        data.write_text(json.dumps(divided(KINDS[kind].rows(), sealed), ensure_ascii=False, indent=1), "utf-8")
    words = ["dataset=file", f"dataset.path={data}", "dataset.split_field=part", *KINDS[kind].words, "tracker=none"]
    words += [f"epochs={epochs}", f"hydra.run.dir={out / kind}", f"journal.path={out / kind}.sqlite"]
    subprocess.run([str(Path(sys.executable).with_name("goldloop")), *words], cwd=out, check=True)


def divided(rows: Sequence[Row], sealed: int) -> list[Row]:
    """As many rows as are needed, chosen by chance, each with its part."""
    parts = [part for part, count in {**PARTS, "test": sealed}.items() for _ in range(count)]
    chosen = random.Random(1).sample(rows, len(parts))
    return [{**row, "part": part} for row, part in zip(chosen, parts, strict=True)]


def peer(out: Path) -> None:
    """DSPy on the same items, through an endpoint that counts, with as many calls at least as goldloop's search."""
    epochs = [json.loads(line) for line in (out / "spans" / "epochs.jsonl").read_text("utf-8").splitlines()]
    calls = {"dspy:labeller": int(epochs[-1]["calls"]), "dspy:rewriter": 8, "dspy:proof": None}
    words = [str(ROOT / ".venv/peers/bin/python"), str(HERE / "drive_dspy.py"), "--data", str(out / "spans.json")]
    words += ["--labeller-calls", str(calls["dspy:labeller"]), "--rewriter-calls", str(calls["dspy:rewriter"])]
    words += ["--out", str(out / "spans.dspy.json"), "--model", "local", "--labeller-max-tokens", "160"]
    packages = Path(sys.executable).parents[1] / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    paths = os.pathsep.join([str(ROOT), str(SEARCH)])
    with upstream() as url, gate(url, out / "gate") as base:
        post(f"{base}/open", calls)
        environment = {**os.environ, "PYTHONPATH": paths, "GOLDLOOP_PACKAGES": str(packages)}
        subprocess.run([*words, "--base-url", f"{base}/v1"], check=True, env=environment)


def report(out: Path) -> str:
    """A row for each kind that was run, and for DSPy."""
    lines = [
        "| answers | initial | best | difference | constant | nearest | classifier | calls | other figures, best |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        path = out / kind / "result.json"
        told = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if told.get("status") == "finished":
            lines.append(_row(kind, told))
    if (path := out / "spans.dspy.json").exists():
        told = json.loads(path.read_text("utf-8"))
        predictions = [json.loads(line) for line in (out / "spans" / "predictions.jsonl").read_text().splitlines()]
        ours = {str(row["id"]): float(row["credit"]) for row in predictions}
        theirs = {str(key): float(value) for key, value in told["credits"].items()}
        found = decide([theirs[key] for key in ours], list(ours.values()))
        mean = sum(theirs.values()) / len(theirs)
        calls = told["counts"]["labeller"]["calls"], told["counts"]["rewriter"]["calls"]
        lines.append(
            f"| spans, DSPy MIPROv2 {told['version']} | | {mean:.3f} {_between(theirs.values())} "
            f"| ours against it: {found.difference:+.3f}, p={found.p:.3f} | | | | {calls[0]} + {calls[1]} | "
            f"micro F1 {told['micro_f1']:.3f} |"
        )
    return "\n".join(lines)


def _row(kind: str, told: Mapping[str, Any]) -> str:
    found, controls, figures = told["decision"], told["controls"], told["metrics"].get("figures") or {}
    cells = [
        kind,
        *(f"{told[which]['test']:.3f} ({_ends(told[which]['interval'])})" for which in ("initial", "best")),
        f"{found['difference']:+.3f} ({_ends(found['interval'])}), p={found['p']:.3f}, {found['verdict']}",
        *(_reward(controls.get(name)) for name in ("constant", "nearest", "classifier")),
        str(told["calls"]["total"]),
        ", ".join(f"{name} {value:.3f}" for name, value in figures.items()),
    ]
    return f"| {' | '.join(cells)} |"


def _reward(control: Mapping[str, Any] | None) -> str:
    """Nothing where an answer of this type has no such control."""
    return "" if control is None else f"{control['reward']:.3f}"


def _ends(interval: Sequence[float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"


def _between(credits: Iterable[float]) -> str:
    return f"({_ends(reward_interval(list(credits)) or (float('nan'), float('nan')))})"


if __name__ == "__main__":
    main()
