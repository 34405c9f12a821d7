"""YAML that may be anybody's: values only, written out. What could grow, or take for ever, is refused unread."""

from typing import Any

import yaml

from runner.core.errors import DataError
from runner.runs.bounded import refuse_deep, too_deep

_DEEPEST = 64
_TEXT = "tag:yaml.org,2002:str"
_INTEGER = "tag:yaml.org,2002:int"
_LONGEST = {_INTEGER: 18, "tag:yaml.org,2002:float": 40, "tag:yaml.org,2002:timestamp": 40}
_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Fast):  # type: ignore[misc]
    """A number that is longer than any is a text: 1:2:3:4 to the base of 60 would take its length squared."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        return _TEXT if isinstance(value, str) and len(value) > _LONGEST.get(tag, len(value)) else tag


def plain_yaml(text: str, where: str) -> Any:
    """The value that a text in YAML holds.

    Raises:
        DataError: it is no YAML; it has anchors, aliases or tags, which goldloop never writes; or it is too deep.
    """
    try:
        _refuse_unwritten(text, where)
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        told = f"{where} is no plain YAML ({' '.join(str(error).split())[:300]})"
        raise DataError(told, code="not-yaml", key=where) from error
    except RecursionError:
        raise too_deep(where) from None
    refuse_deep(value, where)
    return value


def _refuse_unwritten(text: str, where: str) -> None:
    """Look at the parts of the text, one after the other, before anything is made of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise too_deep(where)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None:
            line = event.start_mark.line + 1 if event.start_mark else 1
            told = f"{where}, line {line}: an anchor, alias or tag of YAML, which goldloop never writes: write it out"
            raise DataError(told, code="not-yaml", key=where)
