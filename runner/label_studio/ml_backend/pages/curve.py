"""The best reward by epoch as a small drawing, which needs no script and no style of its own. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDE, _HIGH = 320, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 12, 22

Point = tuple[int, float]
"""An epoch, and the best reward on the select (validation) items by then."""


def curve(points: Sequence[Point]) -> Markup:
    """The drawing; empty where there is no epoch yet."""
    if not points:
        return Markup("")
    low = max(0.0, min(reward for _, reward in points) - 0.05)
    high = max(low + 0.1, max(reward for _, reward in points) + 0.05)
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)

    def across(epoch: int) -> float:
        return round(_LEFT + (_WIDE - _LEFT - _RIGHT) * (epoch - first) / (last - first), 1)

    def down(reward: float) -> float:
        return round(_TOP + (_HIGH - _TOP - _BOTTOM) * (high - reward) / (high - low), 1)

    places = [(across(epoch), down(reward)) for epoch, reward in points]
    label = "Best reward by epoch: " + ", ".join(f"epoch {epoch}: {reward:.3f}" for epoch, reward in points)
    drawn = Markup("").join(
        [
            *[_line(down(reward), reward) for reward in sorted({points[0][1], points[-1][1]})],
            _under(across(points[0][0]), points[0][0]),
            *([_under(across(points[-1][0]), points[-1][0])] if len(points) > 1 else []),
            Markup('<polyline class="curve" points="{}"/>').format(" ".join(f"{x},{y}" for x, y in places)),
            *[Markup('<circle class="dot" cx="{}" cy="{}" r="3"/>').format(x, y) for x, y in places],
        ]
    )
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDE, _HIGH, label, drawn
    )


def _line(y: float, reward: float) -> Markup:
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(_LEFT, _WIDE - _RIGHT, y, y, _LEFT - 5, y + 4, f"{reward:.2f}")


def _under(x: float, epoch: int) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(x, _HIGH - 5, epoch)
