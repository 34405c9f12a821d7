"""What a search has tried, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.experiment.strategy import Candidate


@dataclass
class History:
    """Everything that was measured, in order."""

    tried: list[Candidate] = field(default_factory=list)

    def add(self, candidates: Sequence[Candidate]) -> None:
        self.tried.extend(candidates)

    def best(self, count: int) -> list[Candidate]:
        """The ``count`` with the highest rewards, the worst of them first; of equals the later is the better."""
        return sorted(self.tried, key=lambda candidate: candidate.reward)[-count:] if count else []

    def lines(self, count: int) -> list[str]:
        """The best ones in words: reward, and what was new."""
        return [f"- reward {candidate.reward:.3f}: {gist(candidate)}" for candidate in self.best(count)]


def gist(candidate: Candidate, longest: int = 300) -> str:
    """What a candidate tried, in a line: the words that its parent did not have."""
    before = set(candidate.parent.instructions.splitlines())
    new = " / ".join(line.strip() for line in candidate.prompt.instructions.splitlines() if line not in before)
    return new if len(new) <= longest else new[:longest] + " [...]"
