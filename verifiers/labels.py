"""verifier=labels: an item has any number of labels, none included."""

from collections.abc import Sequence
from dataclasses import dataclass

from verifiers.label_set import LabelSet
from verifiers.reader.label_answer import read_labels
from verifiers.reader.outcome import Unusable
from verifiers.verdict import Finish, Verdict


@dataclass(frozen=True)
class Labels:
    """Judges a reply that names any number of labels."""

    multiple = True

    def gold_problem(self, gold: Sequence[str]) -> str | None:
        """Any set of labels may be gold, the empty one too."""
        return None

    def judge(self, reply: str, *, gold: Sequence[str], labels: LabelSet, finish: Finish = "stop") -> Verdict:
        """Read the reply and compare it with gold as a set; order and repetition do not matter."""
        due = set(gold)
        answer = tuple(label for label in labels if label in due)
        if finish == "empty" or not reply.strip():
            return Verdict(answer, bad_reply="refused" if finish == "refusal" else "empty")
        if finish == "length":
            return Verdict(answer, bad_reply="truncated")
        if finish == "refusal":
            return Verdict(answer, bad_reply="refused")
        reading = read_labels(reply, labels)
        if isinstance(reading, Unusable):
            return Verdict(answer, bad_reply=reading.name)
        return Verdict(answer, reading.found, reading.out_of_list)

    def reply_schema(self, labels: LabelSet) -> dict[str, object]:
        """``{"labels": [...]}`` with names from the list."""
        names = {"type": "array", "items": {"type": "string", "enum": list(labels)}}
        return {
            "type": "object",
            "properties": {"labels": names},
            "required": ["labels"],
            "additionalProperties": False,
        }
