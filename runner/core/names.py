"""Texts of a configuration that are written like numbers, and names that become folders."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

_LONGEST = 200  # bytes; file systems take 255, and some commands put more behind a name


def as_text(value: Any) -> Any:
    """``value``; a whole number as it is written. Raises ValueError for what may have been typed otherwise."""
    if isinstance(value, bool | float | list | dict):
        raise ValueError(f"is no text but {_kind(value)}: put the text in quotes, {in_quotes('KEY', value)}")
    return str(value) if isinstance(value, int) else value


def in_quotes(key: str, value: Any) -> str:
    """How a value, or a list of them, is typed in a shell so that it is text."""
    if isinstance(value, list) and not any(isinstance(part, list | dict) for part in value):
        return f"'{key}=[{','.join(_quoted(part) for part in value)}]'"
    return f"'{key}={_quoted('TEXT' if isinstance(value, list | dict) else value)}'"


def _quoted(value: Any) -> str:
    return f'"{str(value).lower() if isinstance(value, bool) else value}"'


def _kind(value: bool | float | list[Any] | dict[Any, Any]) -> str:
    kinds = {bool: "true or false", float: "a number", list: "a list", dict: "a mapping"}
    return next(words for kind, words in kinds.items() if isinstance(value, kind))


def _folder(name: str) -> str:
    if len(name.encode()) > _LONGEST:
        raise ValueError(f"has {len(name)} characters and becomes a folder's name: give a shorter one")
    if not name.strip("."):
        raise ValueError("is no folder's name: give one with letters")
    return name


Text = Annotated[str, BeforeValidator(as_text)]
"""A text; a whole number is one too."""
FolderName = Annotated[str, BeforeValidator(as_text), Field(pattern=r"^[\w.-]+$"), AfterValidator(_folder)]
"""A text that becomes a folder's name."""
