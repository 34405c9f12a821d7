"""What was given where something else was right."""

from collections.abc import Sequence

from verifiers.verdict import Verdict


def confused(missing: Sequence[str], given: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """(right, given): each missing key with each that was wrongly given, in order; None for "nothing".

    Where nothing is missing and nothing was wrongly given there are none.
    """
    if not missing and not given:
        return []
    return [(right, wrong) for right in missing or (None,) for wrong in given or (None,)]


def confused_in(verdict: Verdict, instead: Sequence[str] = ()) -> list[tuple[str | None, str | None]]:
    """The same of a verdict: a thing that was given as another goes with that one, the rest as ``confused`` says.

    Args:
        instead: what else was given, as a reply that is no answer.
    """
    pairs: list[tuple[str | None, str | None]] = []
    missing, wrong = list[str](), list(verdict.wrong)
    for match in verdict.matches:
        if match.instead is not None and match.missing:
            pairs.append((match.key, match.instead))
            if match.instead in wrong:
                wrong.remove(match.instead)
        elif match.missing:
            missing.append(match.key)
    return [*pairs, *confused(missing, [*wrong, *instead])]
