"""What optimizer=gepa asks its rewriter: one section of a prompt anew, in the light of a minibatch."""

from dataclasses import dataclass, replace
from typing import Literal

from runner.core.calls import Reply
from runner.core.evaluation import Evaluation
from runner.core.items import Item
from runner.core.prompt import Message, Prompt
from runner.optimizers.toolkit.definitions import meanings
from runner.optimizers.toolkit.feedback import confusion_lines, failure_block, vocabulary_block
from runner.optimizers.toolkit.rewriter_io import GENERAL, Lacking, question, tagged
from runner.optimizers.toolkit.sections import Sections, sections_of
from verifiers.label_set import LabelSet

Part = Literal["rules", "definitions", "task"]


@dataclass(frozen=True)
class Task:
    """One edit to be written.

    Attributes:
        before: the parent on the minibatch.
        turn: the section whose turn it is.
        labels: the names that a prompt defines.
    """

    before: Evaluation
    turn: Part
    labels: LabelSet

    @property
    def parent(self) -> Prompt:
        return self.before.prompt

    @property
    def items(self) -> list[Item]:
        return [outcome.item for outcome in self.before.outcomes]

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self.items]

    @property
    def confused(self) -> list[str]:
        """The labels that were missed or wrongly given, in the order of the cases."""
        keys = dict.fromkeys(key for each in self.before.verdicts for key in (*each.missing, *each.wrong))
        return [key for key in keys if key in self.labels]

    @property
    def part(self) -> Part:
        """The section to write: the task, where definitions are due and no label was confused."""
        return "task" if self.turn == "definitions" and not self.confused else self.turn


def asked(task: Task) -> list[Message]:
    """The question for a new text of the task's section."""
    cases = [outcome for outcome in task.before.outcomes if outcome.verdict]
    return question(
        f"<current_prompt>\n{task.parent.instructions}\n</current_prompt>",
        vocabulary_block(task.labels),
        "What the prompt did with some cases:\n\n"
        + "\n\n".join(failure_block(n, one) for n, one in enumerate(cases, 1)),
        "What went wrong:\n" + "\n".join(confusion_lines(task.before.verdicts)),
        _wanted(task),
    )


def _wanted(task: Task) -> str:
    sections = sections_of(task.parent)
    if task.part == "rules":
        rules = "\n".join(f"- {rule}" for rule in sections.rules()) or "(none yet)"
        return (
            f"The rules of the prompt are now:\n{rules}\n\n"
            "Write its list of rules anew. Keep a rule that helps, mend or leave out one that misleads, and add one "
            "for each kind of error above. Each rule is one sentence on one line, beginning with '- ', and names the "
            f"labels it is about. At most eight rules. {GENERAL}\n"
            "Answer with the whole list between <rules> and </rules>, and nothing else."
        )
    if task.part == "definitions":
        known = {**task.labels.definitions, **sections.definitions(task.labels)}
        return (
            "These labels were confused. What is said of them now:\n"
            + "\n".join(f"- {label}: {known.get(label) or '(not said)'}" for label in task.confused)
            + "\n\nWrite what each of them means anew, so that nobody confuses them again: a line for each, as "
            f"'- label: meaning', with the label exactly as spelt above. {GENERAL}\n"
            "Answer with these lines between <definitions> and </definitions>, and nothing else."
        )
    return (
        f"The prompt begins with its task:\n{sections.get('task') or '(nothing)'}\n\n"
        "Write only this part anew, so that the errors above do not come again; the rest of the prompt stays. Keep "
        f"what it says about how to answer. Name a label exactly as spelt above. {GENERAL}\n"
        "Answer with the new part between <task> and </task>, and nothing else."
    )


def edited(task: Task, reply: Reply | None) -> tuple[Prompt, Lacking | None]:
    """The parent with the section that the reply gives, or why it gives none."""
    written, lacking = tagged(reply, task.part)
    if lacking:
        return task.parent, lacking
    said = Sections.of(written)  # a writer may repeat the heading
    body = said.get(task.part) or said.get("task")
    before = sections_of(task.parent)
    if task.part == "rules":
        after = before.with_rules(body.splitlines())
    elif task.part == "definitions":
        new = {label: words for label, words in meanings(body, task.labels).items() if label in task.confused}
        after = before.with_definitions(new, task.labels)
    else:
        after = before.put("task", body)
    if not body or after == before:
        return task.parent, "incomplete"
    return replace(task.parent, instructions=after.text()), None
