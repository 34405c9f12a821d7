"""verifier=choice: an item has exactly one label."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.verdict import Finish, Verdict


@dataclass(frozen=True)
class Choice:
    """Judges a reply that names exactly one label; naming several is a failure, not a hedge that pays."""

    multiple = False

    def gold_problem(self, gold: Sequence[str]) -> str | None:
        if len(set(gold)) == 1:
            return None
        return f"verifier=choice needs exactly one gold label, found {len(set(gold))}"

    def judge(self, reply: str, *, gold: Sequence[str], labels: LabelSet, finish: Finish = "stop") -> Verdict:
        """As ``Labels.judge``, but more than one label counts as ``several``, and a "none" as ``no_label``."""
        verdict = Labels().judge(reply, gold=gold, labels=labels, finish=finish)
        if len(verdict.predicted) + len(verdict.out_of_list) > 1:
            return replace(verdict, predicted=(), out_of_list=(), bad_reply="several")
        if not (verdict.predicted or verdict.out_of_list or verdict.bad_reply):
            return replace(verdict, bad_reply="no_label")
        return verdict

    def reply_schema(self, labels: LabelSet) -> dict[str, object]:
        """``{"label": "..."}`` with a name from the list."""
        return {
            "type": "object",
            "properties": {"label": {"type": "string", "enum": list(labels)}},
            "required": ["label"],
            "additionalProperties": False,
        }
