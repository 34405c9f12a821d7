"""Reads paths of a taxonomy in what a model wrote: one a line, JSON lists and objects, or within a sentence. Pure."""

import re
from collections.abc import Sequence

from verifiers.paths import Paths
from verifiers.reader.label_answer import read_labels
from verifiers.verdict import Unusable

Found = tuple[list[str], list[str]]
"""Paths of the taxonomy, and what was given and is none, in the order of the reply."""

_BULLET = re.compile(r"\s*+(?:(?:[-*•·–+]|\(?\d{1,3}[.):]|#++)\s++)?+(?:paths?\s*+[:=]\s*+)?+", re.IGNORECASE)
_COMMAS = re.compile(r"[,;，；、]")
_NAMED = ("path", "paths", "label", "labels", "category", "categories", "answer", "answers", "result", "prediction")
_MOST_LEVELS = 8  # lines that together may be one path, a name a line
_NOTHING = frozenset({"none", "null", "", "n/a", "no path", "nothing"})


def paths_in_text(text: str, paths: Paths, *, one: bool) -> Found | Unusable:
    """The paths in a text without JSON, or why nothing in it reads as an answer.

    Args:
        one: whether there is only one, so that the names of a path may stand on lines of their own.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if one and 1 < len(lines) <= _MOST_LEVELS:
        bare = [line[_end(line) :].strip() for line in lines]
        if found := paths.listed.find(paths.separator.join(bare)):
            return [found], []
    reading = read_labels("\n".join(_spelt(line, paths) for line in lines), paths.listed)
    if isinstance(reading, Unusable):
        return reading
    ends = [(paths.find(words), words) for words in reading.out_of_list]  # "transfer and balance"
    return (
        [*reading.found, *(path for path, _ in ends if path)],
        [words for path, words in ends if path is None],
    )


def _end(line: str) -> int:
    """Where the bullet of a line ends."""
    bullet = _BULLET.match(line)
    return bullet.end() if bullet else 0


def _spelt(line: str, paths: Paths) -> str:
    """A line that is a path, or several between commas, as the taxonomy writes them, one a line."""
    rest = line[_end(line) :]
    if found := paths.find(rest) or paths.find(line):
        return found
    parts = [paths.find(part) for part in _COMMAS.split(rest) if part.strip()] if _COMMAS.search(rest) else []
    return "\n".join(dict.fromkeys(filter(None, parts))) if parts and all(parts) else line


def paths_in_json(value: object, paths: Paths) -> Found | None:
    """The paths that a JSON value gives; None if it says nothing that reads as an answer."""
    if value is None or value in ([], {}):
        return [], []
    if isinstance(value, str):
        return _of_text(value, paths)
    if isinstance(value, list):
        return _of_list(value, paths)
    return _of_object(value, paths) if isinstance(value, dict) else None


def _of_text(text: str, paths: Paths) -> Found:
    if text.strip().casefold() in _NOTHING and not paths.find(text):
        return [], []
    found = paths.find(text)
    return ([found], []) if found else ([], [text.strip()])


def _of_list(value: list[object], paths: Paths) -> Found | None:
    names = [name for name in value if isinstance(name, str)]
    if len(names) == len(value) and (path := paths.find(paths.separator.join(names))):
        return [path], []
    apart = [paths_in_json(part, paths) for part in value]
    if len(names) == len(value) and not any(one and one[0] for one in apart):
        return [], [paths.separator.join(names)]  # a path that is not on the list
    return _together(apart)


def _of_object(value: dict[str, object], paths: Paths) -> Found | None:
    named = [held for key, held in value.items() if str(key).strip().casefold() in _NAMED]
    if named:
        return paths_in_json(named[0], paths) if len(named) == 1 else None
    texts = [held for held in value.values() if isinstance(held, str)]
    if len(texts) == len(value) and (path := paths.find(paths.separator.join(texts))):
        return [path], []  # {"domain": "banking", "intent": "transfer"}
    below = [
        paths.find(paths.separator.join((key, name)))
        for key, held in value.items()
        for name in (held if isinstance(held, list) else [held])
        if isinstance(name, str)
    ]
    found = [path for path in below if path]
    return (found, []) if found and len(found) == len(below) else None


def _together(parts: Sequence[Found | None]) -> Found | None:
    if any(part is None for part in parts):
        return None
    read = [part for part in parts if part]
    return [path for found, _ in read for path in found], [words for _, strange in read for words in strange]
