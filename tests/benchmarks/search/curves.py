"""docs/search.svg: the best reward on the select items against calls."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import results
from results import INITIAL, TITLES, Row, after


def draw(rows: Sequence[Row], path: Path) -> None:
    """Best select reward against labeller calls, a panel for each data set; of each tool the largest budget."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "goldloop", "svg.fonttype": "none"})
    from matplotlib import pyplot

    tools = sorted({row["tool"] for row in rows if row.get("trace") and row["data"] in TITLES})
    shown = [data for data in TITLES if any(row["data"] == data and row.get("trace") for row in rows)]
    if not shown:
        return
    figure, panels = pyplot.subplots(1, len(shown), figsize=(5.2 * len(shown), 5.2), squeeze=False)
    for data, panel in zip(shown, panels[0], strict=True):
        found = [row for row in rows if row["data"] == data]
        start = {row["seed"]: row for row in found if row["tool"] == INITIAL}
        for number, tool in enumerate(tools):
            runs = [row for row in found if row["tool"] == tool and row.get("trace")]
            if not runs:
                continue
            largest = max(row["budget"][0] for row in runs)
            runs = [row for row in runs if row["budget"][0] == largest]
            ends = range(0, largest + 1, 10)
            line = [statistics.fmean(after(row, mark, start) or 0.0 for row in runs) for mark in ends]
            style = ("-", "-.") if results.ours(tool) else ("--", ":")  # there are ten colours
            panel.step(
                list(ends),
                line,
                style[number // 10 % 2],
                where="post",
                label=tool,
                color=f"C{number % 10}",
                linewidth=1.4,
            )
        panel.set_title(TITLES[data].partition(":")[0])
        panel.set_xlabel("labeller calls")
        panel.set_ylabel("best reward on the select items")
        panel.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncol=4)  # below, where no curve is
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
