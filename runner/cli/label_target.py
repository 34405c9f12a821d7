"""The target of a label run: what is to be certified of its rows, and on what."""

from runner.config.label_config import LabelConfig
from runner.config.validate import CheckedConfig
from runner.core.errors import ConfigError
from runner.core.protocols import Certainty, Provider
from runner.labelling.guarantee.wish import Wish
from runner.providers.middleware.journal.recorded import RecordedCalls
from runner.runs.prompt_to_use import Which
from runner.runs.reader import Run


def wish_of(
    config: LabelConfig, source: Run, own: CheckedConfig, which: Which, provider: Provider, certainty: Certainty
) -> Wish | None:
    """What the configuration asks for; None where it sets no target.

    Raises:
        ConfigError: the run has no sealed items, or rows have no certainty.
    """
    settings = config.settings
    if settings.target is None:
        return None
    if certainty.kind == "none":
        told = "target needs a certainty, and certainty=none gives no row one: leave certainty= out, or name a kind"
        raise ConfigError(told, code="needs-certainty", key="certainty")
    sealed = [item for item in source.sealing() if item.gold is not None]
    if not sealed:
        raise ConfigError(
            f"target={settings.target:g}: {source.path} has no sealed items, and nothing else can certify labels: take "
            "a run with split.test above 0 (split=none seals nothing)",
            code="nothing-sealed",
            key="target",
        )
    return Wish(
        target=settings.target,
        confidence=settings.confidence,
        choices=_choices(which),
        graded=settings.loss == "reward",
        reward=own.make("reward"),
        sealed=sealed,
        select=[item for item in source.selecting() if item.gold is not None],
        recorded=RecordedCalls(provider, source.file("journal.jsonl")),
        anew=settings.journal.mode == "refresh",
    )


def _choices(which: Which) -> int:
    """How many prompts share the confidence.

    The best prompt was chosen without the sealed items. The initial one labels only after they were looked at: it was
    proved better on them, or a person chose it.
    """
    return 1 if which == "best" else 2
