"""The plots: drawn by matplotlib, then cleaned for a page that allows no style attributes and follows dark mode.

Every colour here is a stand-in that becomes a class of the page's style sheet. Text in a plot is figures only: names
come from data, and stand in the tables.
"""

import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from runner.core.run_rows import EpochRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GRID, BEST, OTHER, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505"
_CLASSES = {INK: "ink", GRID: "grid", BEST: "best", OTHER: "other", PAPER: "paper"}
_WIDE, _NARROW = (680, 290), (330, 260)  # pixels: for a screen, and for a phone
_NAMED = 12  # runs that get their rank in the plot; with more it could not be read
_KEPT = {"stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-opacity", "fill-opacity", "opacity"}
_KEPT |= {"stroke-linejoin", "stroke-linecap", "text-anchor", "stroke-miterlimit", "font-size"}
_NAMESPACE = re.compile(r"\{[^{}]*+\}")


def learning_curve(epochs: Sequence[EpochRecord], label: str) -> Markup:
    """The best prompt's reward by epoch, with its interval, and the candidates'."""

    def draw(axes: "Axes") -> None:
        numbers = [row.epoch for row in epochs]
        for row in epochs:
            rewards = row.candidates
            for place, candidate in enumerate(rewards):
                where = row.epoch + 0.5 * ((place + 1) / (len(rewards) + 1) - 0.5)
                _point(axes, where, candidate.select, candidate.interval, OTHER, "o")
        ends = [row.best.interval or (row.best.select,) * 2 for row in epochs]
        low, high = ([pair[side] for pair in ends] for side in (0, 1))
        axes.fill_between(numbers, low, high, color=BEST, alpha=0.15, linewidth=0)
        if len(epochs) == 1:  # a band of no width
            _point(axes, numbers[0], epochs[0].best.select, ends[0], BEST, "D")
        axes.plot(numbers, [row.best.select for row in epochs], color=BEST, marker="D", markersize=5, linewidth=2)
        axes.set_xlabel("epoch")
        axes.set_ylabel("reward")
        axes.set_xlim(min(numbers) - 0.4, max(numbers) + 0.4)
        drawn = [*low, *(end for row in epochs for one in row.candidates for end in one.interval or (one.select,))]
        axes.set_ylim(min(0.0, *drawn), 1.02)
        step = max(1, len(numbers) // 10)
        axes.set_xticks(numbers[::step], [str(number) for number in numbers[::step]])

    return _both_sizes(draw, label, "curve")


def answers_scatter(points: Sequence[tuple[float, float]], label: str) -> Markup:
    """Gold against answer, both numbers, a point an item; more than one at a place are a larger point."""

    def draw(axes: "Axes") -> None:
        low, high = min(map(min, points)), max(map(max, points))
        axes.plot([low, high], [low, high], color=GRID, linewidth=1.2)
        for (gold, answer), count in Counter(points).items():
            axes.plot([gold], [answer], color=BEST, marker="o", markersize=4 + 2 * (count**0.5), alpha=0.6)
        axes.set_xlabel("gold")
        axes.set_ylabel("answer")
        axes.margins(0.08, 0.08)

    return _both_sizes(draw, label, "answers")


def risk_curve(
    points: Sequence[tuple[float, float]], allowed: float, chosen: tuple[float, float] | None, label: str
) -> Markup:
    """The share that is wrong by the share that is accepted, with what is allowed, and the chosen point if any."""

    def draw(axes: "Axes") -> None:
        axes.axhline(allowed, color=OTHER, linewidth=1.2, linestyle="--")
        axes.plot(*zip(*points, strict=True), color=BEST, linewidth=2, drawstyle="steps-post")
        if chosen:
            axes.plot([chosen[0]], [chosen[1]], color=BEST, marker="D", markersize=8, linestyle="none")
        axes.set_xlabel("share accepted, the most certain first")
        axes.set_ylabel("share wrong")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, max(0.02, allowed, *(risk for _, risk in points)) * 1.1)

    return _both_sizes(draw, label, "risk")


def cost_scatter(points: Sequence[Mapping[str, Any]], axis: str, label: str) -> Markup:
    """``cost`` against ``reward``, a point a run with its ``rank``; those on the ``front`` are joined."""

    def draw(axes: "Axes") -> None:
        front = sorted((point["cost"], point["reward"]) for point in points if point["front"])
        if front:
            axes.plot(*zip(*front, strict=True), color=BEST, linewidth=1.5, drawstyle="steps-post")
        names: dict[tuple[float, float], list[str]] = {}
        for colour, chosen in ((OTHER, False), (BEST, True)):
            places = [(point["cost"], point["reward"]) for point in points if point["front"] == chosen]
            if places:
                axes.plot(*zip(*places, strict=True), color=colour, marker="o", markersize=6, linestyle="none")
        for point in points:
            if point["front"] or point["rank"] <= _NAMED:
                names.setdefault((point["cost"], point["reward"]), []).append(str(point["rank"]))
        for place, ranks in names.items():
            text = ", ".join(ranks[:4]) + (" ..." if len(ranks) > 4 else "")
            axes.annotate(text, place, (0, 6), textcoords="offset points", ha="center", color=INK, fontsize=11)
        axes.set_xlabel(axis)
        axes.set_ylabel("reward on the sealed items")
        axes.margins(0.1, 0.18)
        axes.locator_params(axis="x", nbins=4)

    return _both_sizes(draw, label, "cost")


def _point(axes: "Axes", x: float, y: float, ends: Sequence[float] | None, colour: str, marker: str) -> None:
    axes.plot([x], [y], color=colour, marker=marker, markersize=4.5, linestyle="none")
    if ends:
        axes.plot([x, x], list(ends), color=colour, linewidth=1, alpha=0.7)


def _both_sizes(draw: Any, label: str, salt: str) -> Markup:
    """The plot twice, for wide and for narrow screens: scaled down, its figures could not be read."""
    wide, narrow = (_svg(draw, size, label, f"{salt}-{size[0]}") for size in (_WIDE, _NARROW))
    return Markup('<div class="plot wide">{}</div><div class="plot narrow">{}</div>').format(wide, narrow)


def _svg(draw: Any, size: tuple[int, int], label: str, salt: str) -> Markup:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 12, "text.parse_math": False,
        "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.edgecolor": GRID,
        "axes.spines.top": False, "axes.spines.right": False, "grid.color": GRID, "grid.linewidth": 0.6,
        "axes.unicode_minus": True,
    }  # fmt: skip
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a font that lacks a sign: the page's own fonts draw the text
        figure = Figure(figsize=(size[0] / 72, size[1] / 72), layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        axes.grid(visible=True, axis="y")
        axes.set_axisbelow(True)
        draw(axes)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _cleaned(out.getvalue(), label)


def _cleaned(svg: str, label: str) -> Markup:
    """The drawing without style sheet, metadata and name spaces, colours as classes; ``label`` says what it shows."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - written by matplotlib a moment ago, holds no data but figures
    for parent in list(root.iter()):
        for child in list(parent):
            if _NAMESPACE.sub("", str(child.tag)) in {"metadata", "style"}:
                parent.remove(child)
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", str(element.tag))
        given = {_NAMESPACE.sub("", name): value for name, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(_attributes(given))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib.update({"role": "img", "aria-label": label})
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - serialised, so escaped


def _attributes(given: Mapping[str, str]) -> dict[str, str]:
    """Style as attributes and classes."""
    styles = dict(part.split(":", 1) for part in given.get("style", "").split(";") if ":" in part)
    styles = {name.strip(): value.strip() for name, value in styles.items()}
    kept = {name: value for name, value in given.items() if name not in {"style", "fill", "stroke"}}
    classes = []
    for name in ("fill", "stroke"):
        colour = styles.get(name, given.get(name, ""))
        if colour == "none":
            kept[name] = "none"
        elif colour in _CLASSES:
            classes.append(f"{name}-{_CLASSES[colour]}")
    kept.update({name: value for name, value in styles.items() if name in _KEPT})
    return {**kept, **({"class": " ".join(classes)} if classes else {})}
