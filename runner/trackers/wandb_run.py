"""Opens W&B runs: which mode, which id, and what W&B must not gather or print by itself."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any, Literal

Mode = Literal["auto", "online", "offline"]


def owned_by_agent() -> bool:
    """Whether a W&B sweep agent started this process; it owns project, entity, group and id."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


def open_run(
    *,
    directory: Path,
    project: str,
    entity: str | None,
    mode: Mode,
    tags: Sequence[str],
    config: Mapping[str, Any],
    name: str,
    group: str | None,
    job_type: str | None,
    identity: str,
) -> Any:
    """Begin a W&B run whose files lie below ``directory``; under an agent's sweep, in the agent's run.

    None with ``WANDB_MODE=disabled``, without W&B's half second of imports.
    """
    if os.environ.get("WANDB_MODE") == "disabled":
        return None
    import wandb

    wandb.setup(settings=wandb.Settings(silent=True))  # or it advertises before a run's own settings hold
    owned = owned_by_agent()
    return wandb.init(
        project=None if owned else project,
        entity=None if owned else entity,
        dir=str(directory),
        config=dict(config),
        name=name,
        group=None if owned else group,
        job_type=job_type,
        id=None if owned else identity,
        resume=None if owned else "allow",
        mode=chosen_mode(mode),
        tags=list(tags),
        reinit="finish_previous",
        # Neither argv, nor code, nor what the terminal shows: what is logged is logged on purpose.
        settings=wandb.Settings(
            x_disable_meta=True, x_disable_stats=True, silent=True, console="off", disable_git=True, save_code=False
        ),
    )


def chosen_mode(mode: Mode) -> Literal["online", "offline"] | None:
    """What ``mode`` means here; None leaves it to ``WANDB_MODE``, which W&B reads itself."""
    if os.environ.get("WANDB_MODE"):
        return None
    if mode != "auto":
        return mode
    return "online" if os.environ.get("WANDB_API_KEY") or _logged_in() else "offline"


def run_id(directory: Path, depth: int) -> str:
    """The same for the same last ``depth`` names of a directory, so that what is resumed goes on in its W&B run."""
    return hashlib.sha256("/".join(directory.absolute().parts[-depth:]).encode()).hexdigest()[:16]


def _logged_in() -> bool:
    """Whether ``wandb login`` left a key in the user's netrc file."""
    try:
        return netrc().authenticators("api.wandb.ai") is not None
    except (FileNotFoundError, NetrcParseError):
        return False
