"""The table and the curves of the search benchmark, from its result files: into docs/benchmarks.md and docs/search.svg.

What is kept in the repository (docs/search.json) has every figure and no text of an item: prompts stay in
outputs/search.
"""

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import results
from curves import draw
from results import INITIAL, TITLES, Row, after, by_item, figures, identity, kept, mean

from runner.stats.evidence import decide

BEGIN, END = "<!-- search: written by make bench-search -->", "<!-- /search -->"
DEFAULT, ALONE = "mipro", "demos"
"""The default strategy, and the one that asks no rewriter."""
MARKS = (100, 300, 600)
PERMUTED = "permuted"
_UPSTREAM = (
    "",
    "The model was served by llama.cpp (that of llama-cpp-python 0.3.36, built with GGML_NATIVE) from the same "
    "weights, instead of the wheel: `llama-server -np 8 -c 49152 -t 2 -b 256 -ub 256 --no-kv-unified --cache-ram 0 "
    '--port 9800`, and `make bench-search SEARCH="--upstream http://127.0.0.1:9800/v1 --at-once 8 --slots 8"`. '
    "For the newer rows (those with a digest of the code) it guessed words ahead from the prompt as well, and checked "
    "them, which changes how fast it answers and not what: `-b 112 -ub 56 --spec-type ngram-simple "
    "--spec-ngram-simple-size-n 8 --spec-ngram-simple-size-m 12`.",
)


def write(paths: Sequence[Path]) -> None:
    """Read the results, and bring docs/search.json, docs/benchmarks.md and docs/search.svg up to them."""
    known = kept()
    for path in paths:
        row = figures(json.loads(path.read_text()))
        known[identity(row)] = row
    rows = sorted(known.values(), key=identity)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    new = results.ROOT / "docs" / "search.json.new"
    new.write_text(f"[\n{lines}\n]\n")
    new.replace(new.with_suffix(""))  # whole: runs look into it meanwhile
    page = results.ROOT / "docs" / "benchmarks.md"
    text = page.read_text()
    above, _, rest = text.partition(BEGIN)
    _, _, below = rest.partition(END)
    page.write_text(f"{above.rstrip()}\n\n{BEGIN}\n{section(rows)}\n{END}\n{below.lstrip()}".rstrip() + "\n")
    draw(rows, results.ROOT / "docs" / "search.svg")


def section(rows: Sequence[Row]) -> str:
    text = ["## Ways to search, at equal calls", "", *_how(rows)]
    for data, title in TITLES.items():
        found = [row for row in rows if row["data"] == data]
        if found:
            text += ["", f"### {title}"]
            for budget in sorted({row["budget"][0] for row in found}):
                asked = max(row["budget"][1] for row in found if row["budget"][0] == budget)
                text += ["", f"At most {budget} labeller and {asked} rewriter calls:", "", *table(found, budget)]
    text += together(rows)
    text += permuted([row for row in rows if row["data"] == PERMUTED])
    return "\n".join([*text, "", "![Best reward on the select items against calls](search.svg)"])


def _how(rows: Sequence[Row]) -> list[str]:
    return [
        "Written by `make bench-search`. Each tool may make as many labeller and rewriter calls as its table says, "
        "with the embedded model, counted and ended by the endpoint. All start from the same prompt with the label "
        "list (and the definitions, where there are any; those of NLU++ are left out, since they make a prompt of "
        "1,500 tokens), learn from the same items, and are judged on the same sealed items, which none has seen. "
        "*Gain* is the sealed reward less the initial prompt's, with its 95% interval (paired by item, the mean over "
        "seeds). *Drop* is how much of the gain on the select items the sealed ones did not show, beside what the "
        "winner's curse alone would take, which only ours tell. Ours in bold. "
        "*Calls* are those that were made: where they are fewer than allowed, the tool had nothing more to ask, or its "
        "rewriter calls were spent first. A tool that tells no scores on its way has no figure before its end, and no "
        "curve. What was set otherwise than a peer's own defaults, and why, stands at the head of its driver in "
        "tests/benchmarks/search/. Number and size of the sets that `demos` tries were once chosen with a look at 100 "
        "other items of each set (24 of the sample), none of which is sealed here.",
        "",
        "To repeat it: the items of NLU++ and Banking77 are read from the folder that `GOLDLOOP_SHARED_DATA` names "
        "(`nlupp_banking.json`, `banking77_test_1000.json`); packages are those of `requirements/*.lock`; "
        "[search.json](search.json) has a row for each search with its settings, calls, the credit of each item, and "
        "in newer rows a digest of the code that made it. `make bench-search` measures all of them at one size, "
        'permuted gold `make bench-search SEARCH="--data permuted --tools demos --calls 84 --rewriter 0 --seeds '
        '1,2,3"` (`mipro`: `--calls 114 --rewriter 4`, which is an epoch).',
        *(_UPSTREAM if any(row.get("upstream") for row in rows) else ()),
    ]


def together(rows: Sequence[Row]) -> list[str]:
    """The default strategy beside each tool that was measured on every data set, on the sealed items of all."""
    tools: dict[tuple[int, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["data"] in TITLES:
            tools[row["budget"][0], row["tool"]][row["data"]].append(row)
    credits = {
        key: [credit for data in TITLES for credit in by_item(found[data])]
        for key, found in tools.items()
        if set(found) == set(TITLES)
    }
    text = []
    for budget in sorted({budget for budget, tool in credits if tool == DEFAULT}):
        own = credits[budget, DEFAULT]
        text += [
            "",
            f"### All {len(own)} sealed items together, after at most {budget} labeller calls",
            "",
            f"Of tools that were measured on each data set, with the seeds that they have there. `{DEFAULT}` is the "
            "default.",
            "",
            f"| tool | sealed | `{DEFAULT}` against it |",
            "|---|---|---|",
        ]
        alike = {tool: found for (other, tool), found in credits.items() if other == budget}
        for tool, found in sorted(alike.items(), key=lambda pair: -mean(pair[1])):
            name = f"**{tool}**" if results.ours(tool) else tool
            text.append(f"| {name} | {mean(found):.3f} | {'' if tool == DEFAULT else _against(found, own)} |")
    return text


def permuted(rows: Sequence[Row]) -> list[str]:
    """How often a search on gold that says nothing was decided *better*, by tool; its largest budget counts."""
    start = {row["seed"]: row for row in rows if row["tool"] == INITIAL}  # whatever its budget: it spends none
    most: dict[str, list[int]] = {}
    for row in rows:
        most[row["tool"]] = max(most.get(row["tool"], []), row["budget"])
    rows = [row for row in rows if row["budget"] == most[row["tool"]]]
    tools: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["tool"] != INITIAL and row["seed"] in start:
            tools[row["tool"]].append(row)
    if not tools:
        return []
    text = [
        "",
        "### Permuted gold",
        "",
        "Ten labels of Banking77, as often in each part, every item's gold given to another of its part: there is "
        "nothing to learn, and *better* is an error, which a 95% interval allows in 1 of 40 seeds. A "
        f"new permutation for each seed, {len(next(iter(start.values()))['test'])} sealed items; the calls are those "
        "to labeller and rewriter at most.",
        "",
        "| tool | calls | seeds | initial prompt kept | better | worse | undecided | mean gain, select | mean gain, "
        "sealed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for tool, found in sorted(tools.items()):
        same = sum(row["prompt_sha256"] == start[row["seed"]]["prompt_sha256"] for row in found)
        verdicts = Counter(decide(start[row["seed"]]["test"], row["test"]).verdict for row in found)
        gains = [
            statistics.fmean(mean(row[part]) - mean(start[row["seed"]][part]) for row in found)
            for part in ("select", "test")
        ]
        cells = [
            f"**{tool}**" if results.ours(tool) else tool,
            " + ".join(map(str, most[tool])),
            *(len(found), same, verdicts["better"], verdicts["worse"], verdicts["undecided"]),
            *(f"{each:+.3f}" for each in gains),
        ]
        text.append(f"| {' | '.join(map(str, cells))} |")
    return text


def table(rows: Sequence[Row], budget: int) -> list[str]:
    tools: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["budget"][0] == budget:
            tools[row["tool"]].append(row)
    if INITIAL not in tools:
        return ["Not finished."]
    start = {row["seed"]: row for row in tools.pop(INITIAL)}
    marks = [mark for mark in MARKS if mark <= budget]
    head = ["tool", *(f"select after {mark}" for mark in marks), "sealed", "gain", "drop (expected)", "calls", "seeds"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    first = [row["select"] for row in start.values()]
    initial = by_item(list(start.values()))
    select = statistics.fmean(mean(credits) for credits in first)
    lines.append(
        f"| {INITIAL} | {' | '.join([f'{select:.3f}'] * len(marks))} | {mean(initial):.3f} | | | | {len(start)} |"
    )
    for tool, found in sorted(tools.items(), key=lambda pair: -mean(by_item(pair[1]))):
        lines.append(_line(tool, found, start, marks))
    return [*lines, "", *_best(tools)]


def _line(tool: str, found: Sequence[Row], start: Mapping[int, Row], marks: Sequence[int]) -> str:
    sealed = by_item(found)
    before = by_item([start[row["seed"]] for row in found if row["seed"] in start])
    decision = decide(before, sealed)
    low, high = decision.interval
    drops = [
        (mean(row["select"]) - mean(start[row["seed"]]["select"]))
        - (mean(row["test"]) - mean(start[row["seed"]]["test"]))
        for row in found
        if row["seed"] in start
    ]
    curses = [row["winners_curse"] for row in found if row.get("winners_curse") is not None]
    expected = f" ({statistics.fmean(curses):+.3f})" if curses else ""
    reached = [_reached([after(row, mark, start) for row in found]) for mark in marks]
    calls = [statistics.fmean(row["calls"].get(role, 0) for row in found) for role in ("labeller", "rewriter")]
    name = f"**{tool}**" if results.ours(tool) else tool
    cells = [
        name,
        *reached,
        f"{mean(sealed):.3f}",
        f"{decision.difference:+.3f} [{low:+.3f}, {high:+.3f}]",
        f"{statistics.fmean(drops):+.3f}{expected}",
        f"{calls[0]:.0f} + {calls[1]:.0f}",
        str(len(found)),
    ]
    return f"| {' | '.join(cells)} |"


def _reached(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.fmean(known):.3f}" if len(known) == len(values) else ""


def _best(tools: Mapping[str, Sequence[Row]]) -> list[str]:
    """The best of ours against the best peer, by the sealed items, and the default against it."""
    score = {tool: mean(by_item(found)) for tool, found in tools.items()}
    mine = max((tool for tool in score if results.ours(tool)), key=score.__getitem__, default=None)
    peer = max((tool for tool in score if not results.ours(tool)), key=score.__getitem__, default=None)
    if mine is None or peer is None:
        return []
    said = []
    for tool in dict.fromkeys((mine, DEFAULT, ALONE)):
        if tool in tools:
            decided = _against(by_item(tools[peer]), by_item(tools[tool]))
            said.append(f"`{tool}` against {peer}, the best peer here: {decided}.")
    return said


def _against(others: Sequence[float], own: Sequence[float]) -> str:
    decision = decide(others, own)
    low, high = decision.interval
    p = "<0.001" if decision.p < 0.0005 else f"={decision.p:.3f}"
    return f"{decision.difference:+.3f}, 95% interval [{low:+.3f}, {high:+.3f}], p{p}: {decision.verdict}"
