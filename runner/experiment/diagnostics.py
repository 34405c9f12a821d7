"""What a person may want to know or mend before anything is paid, in words. Pure."""

import re
from collections import Counter
from collections.abc import Iterator

from runner.core.gold import keys_in
from runner.core.items import Agreement
from runner.core.terminal import few, shortened
from runner.core.twins import one_of_twins, twin_form
from runner.experiment.estimate import calls_aside, calls_at_most
from runner.experiment.spec import Experiment
from runner.providers.middleware.budget import may_set_aside
from verifiers.verifier import HasClasses, NeedsVocabulary, class_names, vocabulary_of

_SHORT_TEXT = 20  # characters; a shorter text may stand in a prompt by chance
_TEXT = r"(?:data\.)?(?:text|dialogue|document|input|message|item|sentence|utterance|content|query|review|email|ticket)"
_GAP = re.compile(
    rf"\{{\s*{_TEXT}\s*\}}|\{{\{{\s*{_TEXT}\s*\}}\}}|<({_TEXT})>(?!.*</\1>)|\[{_TEXT}\]", re.IGNORECASE | re.DOTALL
)


def remarks(experiment: Experiment) -> list[str]:
    """A sentence for each thing that is worth it, those that make figures doubtful last, as warnings."""
    return [*_of_data(experiment), *(f"WARNING: {doubt}" for doubt in _doubts(experiment))]


def _of_data(experiment: Experiment) -> Iterator[str]:
    data = experiment.data
    if data.unlabelled:
        yield f"{data.unlabelled} rows without gold labels are left out"
    if once := _once(experiment):
        yield f"labels that only one item has, perhaps a typing slip: {few(once)}"
    if data.repeated:
        yield f"{data.repeated} rows that repeat an earlier text are left out"
    if data.respelt:
        yield f"labels that look the same are read as one: {shortened(list(data.respelt), 3)}"
    if twins := 0 if experiment.split.shared else len(data.items) - len(one_of_twins(data.items)):
        yield (
            f"{twins} items differ from an earlier one only in case, blanks or the like (near-twins): "
            "one of each is used, so that no part of the split gives another away"
        )
    if data.contradicted:
        yield f"the gold of {few(list(data.contradicted))} is not that of an earlier row with (about) the same text"
    yield from data.notes
    if data.agreement:
        yield _agreed(data.agreement)
    if data.multiple is None and _could_be_one(experiment):
        yield "every item has exactly one label: with verifier=choice the model is asked for exactly one"


def _doubts(experiment: Experiment) -> Iterator[str]:
    initial = experiment.initial.render()
    sealed = [] if experiment.split.shared else [item.text for item in experiment.split.test]
    if quoted := sum(len(text) >= _SHORT_TEXT and text in initial for text in sealed):
        yield f"the initial prompt holds the text of {quoted} sealed items; they flatter it"
    known = set(map(twin_form, experiment.data.searched))
    if searched := sum(twin_form(text) in known for text in sealed) if known else 0:
        yield (
            f"{searched} of the {len(sealed)} sealed items were seen by the search that found the initial prompt; they "
            "flatter it (too few gold items are new to it: verify more, or seal fewer)"
        )
    if unnamed := _unnamed(experiment):
        yield f"the initial prompt does not name the labels {few(unnamed)}; nothing is added to it"
    if gap := _GAP.search(experiment.initial.instructions):
        yield (
            f"the initial prompt holds {gap.group()}, which the model would read as it stands: "
            "leave it out, the text to label follows the prompt by itself"
        )
    if short := _short(experiment):
        yield short


def _once(experiment: Experiment) -> list[str]:
    """Names that a single item has: perhaps a slip of the pen. Numbers and texts are no names."""
    verifier = experiment.verifier
    if not isinstance(verifier, NeedsVocabulary):
        return []
    counts = Counter(key for item in experiment.data.items for key in set(keys_in(verifier, item)))
    return [name for name in class_names(verifier, counts) if counts[name] == 1]


def _could_be_one(experiment: Experiment) -> bool:
    """Whether an answer may have any number of classes, and each gold has exactly one."""
    verifier = experiment.verifier
    several = isinstance(verifier, HasClasses) and verifier.multiple
    return several and all(len(keys_in(verifier, item)) == 1 for item in experiment.data.items)


def _agreed(agreement: Agreement) -> str:
    """How far annotators agree: no prompt can be expected to agree with them more than they do."""
    return (
        f"annotators agree on {agreement.exact:.0%} of the {agreement.items} items that several labelled "
        f"(F1 {agreement.f1:.3f}): about the most that a prompt can reach"
    )


def _unnamed(experiment: Experiment) -> list[str]:
    """Labels that the initial prompt does not name, so that a model can hardly give them."""
    labels = vocabulary_of(experiment.verifier)
    named = labels.named_in(experiment.initial.render())
    return [label for label in labels if label not in named]


def _short(experiment: Experiment) -> str:
    """Why the budget of calls is too small for a verdict; empty where it is not."""
    limit, jobs, proof = experiment.limits.calls, experiment.jobs or 1, calls_aside(experiment)[1]
    if limit is None:
        return ""
    share, whole = limit // jobs, calls_at_most(experiment)
    if may_set_aside(proof, share) or (whole and sum(whole) <= share):
        return ""
    each = f" ({share} for each of the {jobs} jobs)" if jobs > 1 else ""
    return (
        f"budget.calls={limit}{each} may bring no verdict: the sealed test takes {proof} calls, "
        f"which are set aside from a budget of {2 * proof * jobs} on"
    )
