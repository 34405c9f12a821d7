"""make bench-search: the ways to search, goldloop's and its peers', at equal calls of one model; for hours, resumable.

    python tests/benchmarks/search [--data sample,nlupp] [--tools demos,gepa,...] [--seeds 1,2] [--calls 300]
    [--rewriter 30] [--again]

Each run is a tool on a data set with a seed. Its driver talks to ``gate.py``, which counts; then the prompt it chose
is asked about the select and the sealed items, all tools' in the same way. A finished run is a file below
outputs/search, or a line of docs/search.json, and is not run again; an interrupted one begins anew, and gets the
replies it had from the gate's memory. A tool that fails is told, and the others go on. The table and the curves go to
docs/benchmarks.md.

``--again`` searches once more with each finished run's seed, and tells where the search was not the same.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT), str(HERE)]

import tasks  # noqa: E402
from driver import Job, answer, chat, keep  # noqa: E402
from endpoints import gate, post, upstream  # noqa: E402
from report import write  # noqa: E402
from results import INITIAL, kept  # noqa: E402

OUT = ROOT / "outputs" / "search"
# Peer -> (its driver, more words); each has an environment of its own.
PEERS = {
    "tutorial script": ("drive_tutorial.py", []),
    "GEPA package": ("drive_gepa.py", []),
    "DSPy MIPROv2": ("drive_dspy.py", ["--optimizer", "mipro"]),
    "DSPy GEPA": ("drive_dspy.py", ["--optimizer", "gepa"]),
    "promptolution CAPO": ("drive_promptolution.py", ["--optimizer", "capo"]),
    "promptolution OPRO": ("drive_promptolution.py", ["--optimizer", "opro", "--td"]),
}
OURS = (
    "demos", "failure_modes", "capo", "mipro", "gepa", "rewrite", "opro", "protegi", "chain", "tutorial",
    "gepa_official",
)  # fmt: skip
SAME = ("messages_for_a_text", "trace", "candidates")  # not the counts: of calls at once any may be the one too many
LONGEST = 64  # tokens of an answer; labels take a few, and a prompt that makes the model talk is ended
Row = dict[str, Any]


def main() -> None:
    args, failures = arguments(), 0
    with upstream(args.upstream, args.slots) as url, gate(url, OUT, args.at_once, args.slots) as base:
        jobs = [
            (data, tool, seed)
            for seed in numbers(args.seeds)
            for data in args.data.split(",")
            for tool in [INITIAL, *args.tools.split(",")]
        ]
        with ThreadPoolExecutor(args.at_once) as pool:
            for failure in pool.map(lambda job: tried(*job, base, args), jobs):
                failures += failure
                write(sorted(OUT.glob("*/*.json")))
    sys.exit(failures > 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/benchmarks/search")
    parser.add_argument("--data", default=",".join(tasks.DATA))
    parser.add_argument("--tools", default=",".join([*OURS, *PEERS]))
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--calls", type=int, default=300, help="labeller calls of a run at most")
    parser.add_argument("--rewriter", type=int, default=20, help="rewriter calls of a run at most")
    parser.add_argument("--at-once", type=int, default=1, help="runs side by side")
    parser.add_argument("--slots", type=int, default=1, help="of the model, shared out to the runs")
    parser.add_argument("--again", action="store_true", help="search again, and compare")
    parser.add_argument("--upstream", help="an endpoint instead of the embedded model, with /v1")
    return parser.parse_args()


def tried(data: str, tool: str, seed: int, base: str, args: argparse.Namespace) -> int:
    """1 if the run failed, which is told."""
    name = f"{tool}.{seed}.{args.calls}".replace(" ", "-").replace("'", "")
    path = OUT / data / f"{name}.json"
    try:
        if not path.exists() and (data, tool, seed, args.calls) not in kept():
            one(data, tool, seed, path, base, args)
        elif args.again and path.exists() and tool != INITIAL:
            again(json.loads(path.read_text()), path, base, args)
    except (RuntimeError, OSError) as error:
        print(f"{data}, {tool}, seed {seed}: failed: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def one(data: str, tool: str, seed: int, path: Path, base: str, args: argparse.Namespace) -> None:
    """One run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    job, test = tasks.make(data, seed)
    told = path.with_suffix(".job")
    tasks.write(job, told)
    started = time.monotonic()
    if tool == INITIAL:
        messages, slot = chat(job.initial_prompt)
        result: Row = {"messages_for_a_text": messages, "slot": slot, "answer_parsing": "labels"}
    else:
        result = driven(tool, told, path.with_suffix(".driver"), base, args)
    judge = Job.load(str(told))
    proof = {
        part: [credit(result, item, judge, f"{base}/v1", f"{data}.{path.stem}") for item in items]
        for part, items in (("select", job.select), ("test", test))
    }
    row = {**result, "data": data, "tool": tool, "seed": seed, "budget": [args.calls, args.rewriter], **proof}
    row["upstream"], row["code"] = args.upstream is not None, code()
    row["items"] = [str(item["id"]) for item in test]
    row["wall"] = round(time.monotonic() - started, 1)
    keep(path, row)
    path.with_suffix(".driver").unlink(missing_ok=True)
    mean = {part: sum(credits) / len(credits) for part, credits in proof.items()}
    print(
        f"{data}, {tool}, seed {seed}: select {mean['select']:.3f}, sealed {mean['test']:.3f}, {row['wall']} s",
        flush=True,
    )


def again(row: Row, path: Path, base: str, args: argparse.Namespace) -> None:
    """The same search once more: sampled replies are a run's own, and come from the gate's memory."""
    path.with_suffix(".again").unlink(missing_ok=True)
    second = driven(row["tool"], path.with_suffix(".job"), path.with_suffix(".again"), base, args)
    other = [name for name in SAME if second.get(name) != row.get(name)]
    verdict = f"not the same: {', '.join(other)}" if other else "the same search"
    print(f"{row['data']}, {row['tool']}, seed {row['seed']}, again: {verdict}", flush=True)


def driven(tool: str, job: Path, out: Path, base: str, args: argparse.Namespace) -> Row:
    """What the tool's driver wrote, with budgets opened anew; the job's name ends with its seed and calls.

    A search that was finished before the benchmark was interrupted is not made again, if it is of the same code.
    """
    stamp = f"{code()} {args.rewriter}"
    if out.exists() and (found := json.loads(out.read_text())).get("stamp") == stamp:
        return dict(found)
    key, seed = f"{job.parent.name}.{job.stem}", job.stem.split(".")[-2]
    post(f"{base}/open", {f"{key}:labeller": args.calls, f"{key}:rewriter": args.rewriter})
    if tool in PEERS:
        (script, more), python = PEERS[tool], ROOT / ".venv/peers/bin/python"
    else:
        script, more, python = "drive_goldloop.py", ["--optimizer", tool], Path(sys.executable)
    words = [str(python), str(HERE / script), *more, "--data", str(job), "--base-url", f"{base}/v1", "--model", "local"]
    words += ["--labeller-calls", str(args.calls), "--rewriter-calls", str(args.rewriter), "--seed", seed]
    words += ["--out", str(out), "--key-prefix", key]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    out.with_suffix(".log").write_text(done.stdout + done.stderr)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if re.match(r"[\w.]+(Error|Exception|Failed|Spent)\b", line)]
        raise RuntimeError(f"{(said or ['no error is named'])[-1]:.300} (see {out.with_suffix('.log')})")
    told: Row = json.loads(out.read_text())
    if lost := sum(row["unreachable"] for row in told["counts"].values()):
        raise RuntimeError(f"{lost} of its calls did not reach the model: start the benchmark again")
    keep(out, {**told, "stamp": stamp})
    return told


@cache
def code() -> str:
    """A digest of what makes a search, beside the packages."""
    files = [*ROOT.glob("runner/**/*.py"), *ROOT.glob("verifiers/**/*.py"), *ROOT.glob("conf/optimizer/*")]
    said = b"".join(path.read_bytes() for path in sorted([*files, *HERE.glob("*.py")]))
    return hashlib.sha256(said).hexdigest()[:12]


def credit(result: Row, item: Mapping[str, Any], job: Job, url: str, run: str) -> float:
    """What an item scores with the prompt of a result; the calls are the benchmark's own, and not limited."""
    filled = [
        {**m, "content": m["content"].replace(result["slot"], item["text"])} for m in result["messages_for_a_text"]
    ]
    body = {"model": "local", "messages": filled, "temperature": 0.0, "max_tokens": LONGEST}
    reply = post(f"{url}/chat/completions", body, f"{run}:proof")["choices"][0]["message"]["content"] or ""
    return round(job.reward(item["gold"], answer(result["answer_parsing"], reply, job)), 6)


def numbers(words: str) -> Sequence[int]:
    return [int(word) for word in words.split(",")]


if __name__ == "__main__":
    main()
