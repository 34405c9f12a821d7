"""A past run again: replayed from its own directory, and whether it came out the same or agrees within noise."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.analysis.judged_again import differing_verdicts, reader_change
from runner.config.allowlist import Trusted
from runner.config.build import build
from runner.config.past_run import load_past_config
from runner.config.validate import CheckedConfig, validate
from runner.core.errors import DataError, GoldloopError, JournalError
from runner.core.files import json_line
from runner.core.prompt import Prompt
from runner.core.terminal import one_line, p_value
from runner.experiment.loop import Loop
from runner.runs.provenance import versions
from runner.runs.reader import Run, read_run
from runner.stats.evidence import decide

_FIGURES = (
    "initial",
    "best",
    "metrics",
    "decision",
    "split",
    "sealed",
    "epochs",
    "seed",
    "failures",
    "tokens",
    "cost_usd",
)
_FILES = ("best_prompt.txt", "epochs.jsonl", "predictions.jsonl")
_EPOCHS = "epochs.jsonl"
_LINES = ("epochs.jsonl", "predictions.jsonl")
_JUDGED = {"prediction": "exact", "initial_prediction": "initial_exact"}
_SAID = tuple(_JUDGED)
_SHOWN = 60  # characters of a value that differs


def replay(path: Path, trusted: Trusted) -> bool:
    """Run again from the directory alone, no network and no key; print *identical* or the first difference.

    Raises:
        ConfigError, DataError: it is no run directory, or its configuration may not run. JournalError: a call is
            missing from its journal.
    """
    run = read_run(path)
    if run.result.status == "failed":
        told = f"{path}: this run failed ({run.result.stop_reason}), so there is no result to reproduce"
        raise DataError(told, code="run-failed", key=str(path))
    config = validate(load_past_config(run), trusted)
    for line in changes(run, config):
        print(one_line(line))
    with tempfile.TemporaryDirectory(prefix="goldloop-") as place:
        again = Path(place)
        shutil.copyfile(run.file("journal.jsonl"), again / "journal.jsonl")
        experiment = build(config, again, None, run.data(), Prompt(run.prompt("initial")))
        spent = run.result.stop.spent
        experiment = replace(experiment, trackers=[], journal_mode="replay", journal_path=None, spent=spent)
        changed, found = reader_change(run, experiment.verifier), None
        try:
            asyncio.run(Loop(experiment).run())
        except JournalError as error:
            if not changed:
                raise
            found = f"the search took another way, and asks what was never asked: {error}"
            calls = ""
        else:
            found, calls = difference(run, read_files(again)), "calls identical; "
    if found is not None and changed:
        differ, judged = differing_verdicts(run, experiment.verifier)
        print(f"{calls}{differ} of {judged} verdicts differ ({changed})")
    print("identical" if found is None else one_line(f"NOT identical: {found}"))
    return found is None


def changes(run: Run, config: CheckedConfig) -> list[str]:
    """What is not as it was: packages, goldloop itself, the data set."""
    was, now = dict(run.result.versions), versions()
    lines = [
        f"then {name} {was[name]}, now {now.get(name, 'not installed')}" for name in was if was[name] != now.get(name)
    ]
    data = run.data()
    digest = _digest(data.sha256, config)
    return lines + ([digest] if digest else [])


def _digest(sha256: str, config: CheckedConfig) -> str | None:
    """Whether the data set is still what it was. Only files below the working directory are looked at.

    A server is not asked: a replay needs no network, and a stranger's configuration could send a token anywhere.
    """
    named = config.content["dataset"]
    if "url" in named and not named.get("path"):
        return None
    paths = [value for key, value in named.items() if isinstance(value, str) and key not in {"_target_", "url"}]
    if any(not Path(path).expanduser().resolve().is_relative_to(Path.cwd()) for path in paths):
        return None
    try:
        now = config.dataset().load().sha256
    except GoldloopError as error:
        return f"the data set cannot be read any more ({error}); the directory's own copy is used"
    return None if now == sha256 else "the data set has changed since; the directory's own copy is used"


def read_files(path: Path) -> dict[str, Any]:
    """What is compared of a run directory: the figures, and the files to the byte."""
    result = json.loads((path / "result.json").read_text("utf-8"))  # as it is: what is compared is the file
    figures = {name: result.get(name) for name in _FIGURES}
    return figures | {name: (path / name).read_bytes() if (path / name).exists() else b"" for name in _FILES}


def difference(run: Run, again: Mapping[str, Any]) -> str | None:
    """The first thing that differs, in words; None if nothing does."""
    before: dict[str, object] = {name: run.content.get(name) for name in _FIGURES}
    before |= {name: run.bytes_of(name) for name in _FILES}
    again = {**again, **{name: _as_then(run.bytes_of(name), again[name]) for name in _LINES}}
    for name in ("tokens", "best"):
        if isinstance(told := before[name], Mapping):  # an older goldloop told less of it
            again[name] = {key: again[name].get(key) for key in told}
    for name, value in before.items():
        if value != again[name] and (isinstance(value, Mapping) or name == _EPOCHS):
            again[name] = _same_intervals(value, again[name])
        if value != again[name]:
            if isinstance(value, bytes):
                return f"{name}, {_first_line(value, again[name])}"
            return f"result.json, {_first_value(name, value, again[name])}"
    return None


def _same_intervals(before: Any, after: Any) -> Any:
    """``after`` with the intervals of rewards that stand in ``before``.

    They come from the same credits as the reward beside them; older versions had another formula for them. That of a
    decision is compared.
    """
    if isinstance(before, bytes) and isinstance(after, bytes):
        old, new = ([json.loads(line) for line in text.splitlines()] for text in (before, after))
        return "".join(map(json_line, _same_intervals(old, new))).encode()
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [_same_intervals(old, new) for old, new in zip(before, after, strict=True)]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        own = "verdict" not in after and "interval" in before
        return {
            key: before[key] if key == "interval" and own else _same_intervals(before.get(key), value)
            for key, value in after.items()
        }
    return after


def _as_then(before: bytes, after: bytes) -> bytes:
    """The lines without what an older goldloop did not write down of them."""
    first = before.partition(b"\n")[0]
    if b'"initial_prediction"' in first and b'"initial_given"' not in first:
        after = _predictions_as_then(before, after)
    if not first or first.startswith(b'{"v": '):
        return after
    records = [json.loads(line) for line in after.splitlines()]
    for record in records:
        record.pop("v", None)
        if "candidates" in record and b'"worth_usd"' not in first:
            record.pop("worth_usd", None)
            for candidate in record["candidates"]:
                candidate.pop("parents", None)
                candidate.pop("diff", None)
    return "".join(map(json_line, records)).encode()


def _predictions_as_then(before: bytes, after: bytes) -> bytes:
    """Predictions as they were written down before answers were more than labels: of an unusable reply no label."""
    olds, news = ([json.loads(line) for line in lines.splitlines()] for lines in (before, after))
    for new in news:
        for name in _SAID:
            new[name] = [] if new[name] is None and new[_JUDGED[name]] is not None else new[name]
    keys = olds[0].keys() | {"v"}
    return "".join(json_line({key: value for key, value in new.items() if key in keys}) for new in news).encode()


def _first_line(before: bytes, after: bytes) -> str:
    pairs = zip([*before.splitlines(), b""], [*after.splitlines(), b""], strict=False)
    number, (old, new) = next((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1])
    place = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, place - 20)
    shown = [part[start : start + _SHOWN].decode("utf-8", "replace") for part in (old, new)]
    return f"line {number}: then ...{shown[0]!r}, now ...{shown[1]!r}"


def _first_value(name: str, before: Any, after: Any) -> str:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *after]:
            if before.get(key) != after.get(key):
                return _first_value(f"{name}.{key}", before.get(key), after.get(key))
    return f"{name}: then {str(before)[:_SHOWN]}, now {str(after)[:_SHOWN]}"


def agreement(before: Run, after: Run) -> str:
    """Whether a live repetition agrees with the past run within noise: the best prompts, item by item.

    Raises:
        DataError: one of the two has no figure on the sealed items.
    """
    old, new = ({row.id: row.credit for row in run.predictions if row.credit is not None} for run in (before, after))
    both = [item for item in old if item in new]
    if not both:
        told = f"{after.path} and {before.path} share no sealed item that both could label"
        raise DataError(told, code="no-shared-items", key=str(after.path))
    found = decide([old[item] for item in both], [new[item] for item in both])
    low, high = found.interval
    then, now = (f"{run.result.best.test or 0:.3f}" for run in (before, after))
    figures = (
        f"then {then}, now {now}: {found.difference:+.3f} on {found.items} sealed items, "
        f"95% interval {low:+.3f} to {high:+.3f}, {p_value(found.p)}"
    )
    if found.verdict == "undecided":
        return f"agrees within noise ({figures})"
    return f"does NOT agree: now {found.verdict} ({figures})"
