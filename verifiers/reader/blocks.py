"""Parts a reply into blocks: a key, as "Final answer:", with the lines that are its value. Knows no labels. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from verifiers.reader.keys import Role, is_heading, role_of

BULLET = re.compile(r"^\s*+(?:(?:[-*•·–+>=▪◦‣○●]|\(?\d{1,3}[.):、]|#++)\s++)++")
_KEY = re.compile(
    r"[\s>#*_\-•+=~\"'`“【\[(]*+(?:\d{1,2}[.)]\s++)?[*_\"'`“]*+"
    r"(?P<key>[^\W\d_](?:[^\n:：=*\"`<>|→({\[,;.!?—–-]|-(?![>\s])|(?<=\w)[-–](?=\w)){0,80}+)"
    r"(?:\s?\([^()\n]{0,40}\))?+[*_\"'`”】)\]]*+\s*+(?P<sign>[:：=]>?|->|→|—|[-–](?=\s))[*_]*+\s*+"
)
_HEADING_ENDS = " \t#*_:：>-=【】[]"


@dataclass(slots=True)
class Block:
    """Lines under a key.

    Attributes:
        role: what the key says of them; None where there is no key, or one that says nothing.
        key: the key; empty without one.
        lines: the value, first what stands behind the key.
        inline: whether the value begins on the line of the key.
    """

    role: Role | None
    key: str = ""
    lines: list[str] = field(default_factory=list)
    inline: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


def blocks_of(text: str, is_name: Callable[[str], bool] = lambda _: False) -> list[Block]:
    """The blocks of a text, in order; what stands under no key is a block, too.

    Args:
        is_name: whether a line or a key is an answer itself, and so no key.
    """
    return list(_blocks(text.splitlines(), is_name))


def _blocks(lines: Sequence[str], is_name: Callable[[str], bool]) -> Iterator[Block]:
    block = Block(None)
    ended = False
    for line in lines:
        role, key, value = _keyed(line, is_name)
        if role:
            yield block
            block, ended = Block(role, key, [value] if value else [], bool(value)), False
        elif not line.strip():
            ended = bool(block.lines)
        elif block.role and _leaves(block, line, is_name, ended=ended):
            yield block
            block, ended = Block(None, lines=[line]), False
        else:
            block.lines.append(line)
            ended = False
    yield block


def _keyed(line: str, is_name: Callable[[str], bool]) -> tuple[Role | None, str, str]:
    """(role, key, value) of a line that opens with a key, or is nothing but one; no role where it does not."""
    match = _KEY.match(line)
    named = match is not None and is_name(match["key"])
    if not line.strip() or (is_name(line) and not named):
        return None, "", ""
    if match and (not named or is_name(line[match.end() :])):  # "Label: Author", where both are labels
        role = role_of(match["key"])
        said = line[match.end() :].strip()
        return (role, match["key"].strip(), said) if role and (match["sign"] in ":：=" or said) else (None, "", "")
    heading = line.strip(_HEADING_ENDS)
    role = role_of(heading) if len(heading) < 80 and not is_name(heading) else None
    marked = line.strip()[0] in "#*" and line.strip()[:2] != "* "
    return (role, heading, "") if role and (is_heading(heading) or marked) else (None, "", "")


def _leaves(block: Block, line: str, is_name: Callable[[str], bool], *, ended: bool) -> bool:
    """Whether a line without a key stands under the key above no longer."""
    listed = bool(BULLET.match(line))
    if block.role in {"reason", "denied"}:
        return bool(block.lines) and not listed and (ended or (block.inline and is_name(line)))
    if not block.lines:
        return False
    return not ((listed and not ended) or (is_name(BULLET.sub("", line)) and not ended) or (listed and _is_list(block)))


def _is_list(block: Block) -> bool:
    return bool(BULLET.match(block.lines[-1]))
