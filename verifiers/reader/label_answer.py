"""Reads the names of a list in a reply: what the shared grammar finds, and what names add to it. Pure.

From the surest sign to the weakest: the whole reply is a name; boxes; JSON; code fences; tables and records; a marked
answer; whole lines; a name that opens a sentence; the one name that sentences assert. The first that is there decides.
What could be read in two ways is ``ambiguous``.
"""

from collections.abc import Sequence

from verifiers.label_set import LabelSet
from verifiers.reader.blocks import Block, blocks_of
from verifiers.reader.boxes import boxes_in
from verifiers.reader.json_names import JsonNames
from verifiers.reader.json_shapes import has_schema, reasons_in
from verifiers.reader.json_values import JsonFound, find_json
from verifiers.reader.keys import ANSWERS, role_of
from verifiers.reader.label_lines import MOST_LINES, read_lines
from verifiers.reader.label_marks import read_marked
from verifiers.reader.label_sentences import AMBIGUOUS, CORRECTS, Read, read_opening, read_sentences, with_sentences
from verifiers.reader.markup import fences, is_unfilled, plain, unfenced
from verifiers.reader.model_tokens import without_tokens
from verifiers.reader.names import name_of
from verifiers.reader.outcome import NamesRead
from verifiers.reader.prose import names_in
from verifiers.reader.records import elements_in, entries_in, table_in
from verifiers.reader.refusals import is_failure
from verifiers.reader.rows import row_of
from verifiers.reader.turns import after_echo, own_turn
from verifiers.verdict import Unusable

MOST_SAID = 200_000
"""Characters, thoughts not counted, beyond which a reply is no answer."""
_LEAST_BEGUN = 4  # letters of a label that is cut off
_MOST_FENCES = 20
_LONGEST_KEY = 200  # characters of a reply that may be no more than a key
_UNREADABLE = Unusable("unreadable")


def read_labels(reply: str, labels: LabelSet) -> Read:
    """The names that ``reply`` gives, or why none can be told from it."""
    whole = reply.strip()
    lines = whole.split("\n", MOST_LINES)
    if all(line in labels for line in lines):  # as most replies are
        return NamesRead(tuple(dict.fromkeys(lines)), ())
    name = name_of(whole, labels)
    if name and not is_unfilled(whole[:_LONGEST_KEY]):
        return NamesRead((name,), ())
    said = without_tokens(reply)
    if not said or len(said) > MOST_SAID or is_failure(said):
        return _UNREADABLE if said else Unusable("empty")
    echoed = after_echo(said)
    said = said if echoed is None else echoed
    own = own_turn(said, lambda line: name_of(line, labels) is not None)
    if own == said:
        return _unless_cut(_read(said, labels), said, labels)
    if echoed is not None:
        return AMBIGUOUS
    read = _read(own, labels)
    return read if isinstance(read, NamesRead) else _read(said, labels)


def _unless_cut(read: Read, said: str, labels: LabelSet) -> Read:
    """What was read, unless the reply ends with the first letters of a label: more may have followed."""
    if not isinstance(read, NamesRead) or not read.out_of_list:
        return read
    last = read.out_of_list[-1].casefold()
    begun = len(last) >= _LEAST_BEGUN and any(_goes_on(name.casefold(), last) for name in labels)
    return Unusable("truncated") if begun and said.casefold().rstrip(" *`\"'").endswith(last) else read


def _goes_on(name: str, begun: str) -> bool:
    """Whether a name begins so, and the word goes on."""
    return name.startswith(begun) and name[len(begun) : len(begun) + 1].isalnum()


def _read(text: str, labels: LabelSet) -> Read:
    boxes = _boxes(text, labels)
    if boxes is not None:
        return boxes
    if "[]" in text and (read := _records(text, labels)):  # "quotes: []" in YAML
        return read
    truth = text.strip(" .*`").casefold()
    found = find_json(truth if truth in {"true", "false"} else text)
    if found is None or not _is_answer(found, text, labels):
        return _fenced(text, labels)
    around = f"{text[: found.start]}\n{text[found.end :]}"
    if has_schema(found.value):
        read = _fenced(around, labels)
        return read if isinstance(read, NamesRead) and read.found else AMBIGUOUS
    read = _of_json(found, text, labels)
    return read or (_fenced(around, labels) if around.strip() else _UNREADABLE)


def _boxes(text: str, labels: LabelSet) -> NamesRead | None:
    """The names whose boxes are ticked; None where no box stands before a name."""
    boxes = boxes_in(text)
    if len(boxes) > MOST_LINES + 2 * len(labels):
        return None
    named = [(name, ticked) for words, ticked in boxes if words and (name := _box_name(words, labels))]
    return NamesRead(tuple(dict.fromkeys(name for name, ticked in named if ticked)), ()) if named else None


def _box_name(words: str, labels: LabelSet) -> str | None:
    row = row_of(words, labels, listed=False)
    return next(iter(row.names)) if row and len(row.names) == 1 else None


def _is_answer(found: JsonFound, text: str, labels: LabelSet) -> bool:
    """Whether a JSON value is more than a bare word or figure, which the lines read better."""
    if isinstance(found.value, bool):
        return name_of(text, labels) is None and any(map(labels.find, ("yes", "no", "0", "1")))
    return isinstance(found.value, list | dict | str) or found.state != "whole"


def _of_json(found: JsonFound, text: str, labels: LabelSet) -> Read | None:
    """What JSON gives, unless other JSON or a name on a line of its own says otherwise."""
    if found.state == "broken":
        return AMBIGUOUS
    names = JsonNames(labels, lambda text: _text(text, labels))
    read = names.read(found.value)
    if found.state == "cut" and not (isinstance(read, NamesRead) and read.found and _is_keyed(found.value)):
        return Unusable("truncated")
    others = [*map(names.read, found.rivals), *_alone(text, found, labels)] if read else []
    if any(other is not None and other != read for other in others):
        return AMBIGUOUS
    if not isinstance(read, NamesRead):
        return read
    behind = plain(text[found.end :])
    marked = read_marked(blocks_of(behind, lambda line: name_of(line, labels) is not None), labels)
    if isinstance(marked, NamesRead) and marked.found and set(marked.found) != set(read.found):
        return marked if CORRECTS.search(behind) else AMBIGUOUS
    return with_sentences(read, f"{text[: found.start]}\n{reasons_in(found.value)}", behind, labels)


def _is_keyed(value: object) -> bool:
    """Whether a value whose end is cut has its answer behind a key, so that nothing of it can follow."""
    return isinstance(value, dict) and any(role_of(key) in ANSWERS for key in value)


def _alone(text: str, found: JsonFound, labels: LabelSet) -> list[Read]:
    """Names on lines of their own beside JSON, as one answer."""
    lines = f"{text[: found.start]}\n{text[found.end :]}".splitlines()
    names = dict.fromkeys(name for line in lines if (name := name_of(line, labels)))
    return [NamesRead(tuple(names), ())] if names else []


def _fenced(text: str, labels: LabelSet) -> Read:
    """The inside of a code fence counts before what stands around it. A label may stand where its language would."""
    found = fences(text)
    inside = [f"{language}\n{inner}" if name_of(language, labels) else inner for language, inner in found]
    inside = [part for part in inside if part.strip()]
    if not inside or len(inside) > _MOST_FENCES:
        return _text(text, labels)
    reads = [_text(part, labels) for part in inside]
    known = {read for read in reads if isinstance(read, NamesRead) and not read.out_of_list}
    if known:
        return known.pop() if len(known) == 1 else AMBIGUOUS
    around = unfenced(text)
    return _text(around, labels) if around else reads[0]


def _records(text: str, labels: LabelSet) -> Read | None:
    """What XML elements, a table or YAML give; None where there is no such thing."""
    lines = plain(text)
    records = elements_in(text) or table_in(lines) or entries_in(lines, lambda key: name_of(key, labels) is not None)
    return JsonNames(labels, lambda part: _UNREADABLE).read(records) if records else None


def _text(text: str, labels: LabelSet) -> Read:
    if read := _records(text, labels):
        return read
    text = plain(text)
    if len(text) < _LONGEST_KEY and is_unfilled(text):
        return _UNREADABLE
    blocks = blocks_of(text, lambda line: name_of(line, labels) is not None)
    marked = read_marked(blocks, labels)
    if not isinstance(marked, NamesRead) or not marked.found:
        return marked or _unmarked(blocks, labels)
    last = max((place for place, block in enumerate(blocks) if block.role in ANSWERS), default=len(blocks))
    return with_sentences(marked, "", "\n".join(block.text for block in blocks[last + 1 :]), labels)


def _unmarked(blocks: Sequence[Block], labels: LabelSet) -> Read:
    """Lines and sentences that stand under no key, or under one that says nothing known."""
    lines = [line for block in blocks if block.role is None for line in block.lines]
    said = "\n".join(lines).strip()
    if said:
        return read_lines(lines, labels) or read_opening(said, labels) or read_sentences(said, labels)
    return AMBIGUOUS if any(names_in(block.text, labels) for block in blocks) else _UNREADABLE
