"""How long an endpoint asks to wait before the next call: by its headers, else by its words."""

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_WORDS = re.compile(
    r"(?:retry|try again|wait)(?: again)? (?:in|after|for) (\d{1,6}(?:\.\d{1,9})?) ?(ms|s\b|sec|min|h\b|hour)?",
    re.IGNORECASE,
)
_DELAY = re.compile(r"retry ?delay\W{1,5}(\d{1,6}(?:\.\d{1,9})?)s", re.IGNORECASE)
_PARTS = re.compile(r"(?<![\d.])(\d{1,12}+(?:\.\d{1,9}+)?+)(ms|h|m|s|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_EPOCH = 1_000_000_000  # a number from here on is a date, in seconds since 1970
_EPOCH_MS = 1_000_000_000_000


def asked_wait(headers: Mapping[str, str], words: str = "", now: float | None = None) -> float | None:
    """Seconds to wait, at least 0; None where nothing is said that can be read.

    Read in this order: ``retry-after-ms``, ``Retry-After`` (seconds or a date), the limits' resets
    (``x-ratelimit-reset-requests``, ``anthropic-ratelimit-tokens-reset`` and the like: of those that are used up the
    last, else of all the first), and the words of the error ("Please retry in 26.3s").

    Args:
        now: seconds since 1970.
    """
    now = time.time() if now is None else now
    low = {str(name).lower(): str(value).strip()[:200] for name, value in headers.items()}
    milliseconds = _number(low.get("retry-after-ms", ""))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    for found in (_moment(low.get("retry-after", ""), now), _reset(low, now), _said(words)):
        if found is not None:
            return max(0.0, found)
    return None


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    resets, used_up = [], []
    for name, value in headers.items():
        if "ratelimit" in name and "reset" in name and (wait := _moment(value, now)) is not None:
            resets.append(wait)
            if _number(headers.get(name.replace("reset", "remaining"), "")) == 0:
                used_up.append(wait)
    return max(used_up) if used_up else min(resets, default=None)


def _moment(value: str, now: float) -> float | None:
    """Seconds from now, of a number of seconds, a duration (``6m0s``), a date, or seconds since 1970."""
    number = _number(value)
    if number is not None:
        return number / 1000 - now if number >= _EPOCH_MS else number - now if number >= _EPOCH else number
    parts = _PARTS.findall(value)
    if parts and "".join(f"{amount}{unit}" for amount, unit in parts) == value:
        return sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    return _date(value, now)


def _date(value: str, now: float) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _said(words: str) -> float | None:
    if found := _DELAY.search(words):
        return float(found[1])
    found = _WORDS.search(words)
    if not found:
        return None
    unit = (found[2] or "s").lower()
    return float(found[1]) * (_UNITS["ms"] if unit == "ms" else _UNITS[unit[0]])


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
