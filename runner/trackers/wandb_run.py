"""Opens and closes W&B runs: which mode, which id, what W&B must not gather or print, and what if it is away."""

import os
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Any, Literal
from urllib.parse import urlsplit

from runner.core.errors import ConfigError
from runner.core.files import atomic_write
from runner.core.secrets import redact
from runner.core.terminal import one_line
from runner.trackers.wandb_settings import Chosen, Mode, OwnSettings

_ANSWERS = 5.0  # seconds in which the server must say anything at all
_BEGINS = 15  # seconds in which it must take a run; W&B itself would wait for 90, and say nothing
_ENDS = 60  # seconds in which it must take what is left at the end; W&B itself would wait for ever
_SAID_AFTER = 5.0  # seconds of these after which a person is told
_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_FILES = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-([A-Za-z0-9_-]{4,64})")


def owned_by_agent() -> bool:
    """Whether a W&B sweep agent started this process; it owns project, entity, group and id."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


def open_run(
    *,
    directory: Path,
    project: str | None,
    entity: str | None,
    mode: Mode,
    tags: Sequence[str],
    config: Mapping[str, Any],
    name: str,
    group: str | None,
    job_type: str | None,
) -> Any:
    """Begin a W&B run whose files lie below ``directory``; under an agent's sweep, in the agent's run.

    Where a run cannot be had online, a line says why, and its files are kept for ``wandb sync``.

    Returns:
        None where W&B is switched off by its own settings, without its half second of imports.

    Raises:
        ConfigError: W&B's own settings cannot be used.
    """
    own = OwnSettings.now()
    chosen = own.chosen(mode)
    if chosen == "disabled":
        return None
    # Before it is imported: else it tells which settings it read, and sends its own errors to its server.
    os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
    import wandb
    from pydantic import ValidationError

    arguments = {"dir": str(directory), "config": dict(config), "name": name, "job_type": job_type, "tags": list(tags)}
    if not owned_by_agent():
        arguments |= {"project": project or own.project, "entity": entity, "group": group}
        arguments |= {"id": run_id(directory), "resume": "allow"}
    try:
        run, why = _begun(own, chosen, arguments)
    except (wandb.errors.Error, ValidationError) as error:
        told = f"W&B cannot begin a run ({_words(error)}): look at tracker.*, the variables WANDB_..., wandb/settings "
        raise ConfigError(f"{told}and ~/.config/wandb/settings", code="bad-value", key="tracker") from error
    if why is not None:
        print(_kept(why, directory), flush=True)
    return run


def _begun(own: OwnSettings, chosen: Chosen, arguments: Mapping[str, Any]) -> tuple[Any, str | None]:
    """A run with these arguments of ``wandb.init``, and why it is not online although that was chosen."""
    import wandb

    why = no_way_to(own, str(wandb.Settings().base_url)) if chosen == "online" else None
    if chosen == "online" and why is None:
        try:
            return _init(own, "online", arguments), None
        except wandb.errors.Error as error:
            why = f"the run is not taken ({_words(error)})"
            wandb.teardown()  # which still holds the run that did not begin
    return _init(own, "offline", arguments), why


def _init(own: OwnSettings, mode: Literal["online", "offline"], arguments: Mapping[str, Any]) -> Any:
    import wandb

    # Neither argv, nor code, nor what the terminal shows: what is logged is logged on purpose.
    settings = wandb.Settings(
        x_disable_meta=True, x_disable_stats=True, silent=True, console="off", disable_git=True, save_code=False,
        finish_timeout_raises=True, **patience(own),
    )  # fmt: skip
    return wandb.init(**arguments, mode=mode, reinit="finish_previous", settings=settings)


def close_run(run: Any, directory: Path, exit_code: int = 0) -> None:
    """End a W&B run. Where what is left cannot be sent in time, a line says how to send it later."""
    waiting = Timer(_SAID_AFTER, print, ["W&B: sending what is left ..."], {"flush": True})
    waiting.daemon = True
    waiting.start()
    try:
        run.finish(exit_code=exit_code)
    except TimeoutError:
        print(_kept(f"not all of the run was taken in {run.settings.finish_timeout:g} s", directory, "run"), flush=True)
    finally:
        waiting.cancel()


def run_id(directory: Path) -> str:
    """The id of a directory's W&B run: made once and kept there, so that what is resumed goes on in its W&B run."""
    file = directory / "wandb" / "run_id.txt"
    try:
        kept = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        kept = ""
    if _ID.fullmatch(kept):
        return kept
    before = [found[1] for path in sorted(file.parent.glob("*run-*")) if (found := _FILES.fullmatch(path.name))]
    made = before[0] if before else secrets.token_hex(8)  # of a run that an older goldloop began: its own
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(file, made + "\n")
    return made


def patience(own: OwnSettings) -> dict[str, float]:
    """How long W&B may keep a run waiting, where its own settings do not say."""
    ours = {"init_timeout": _BEGINS, "finish_timeout": _ENDS}
    return {name: seconds for name, seconds in ours.items() if name not in own.values}


def no_way_to(own: OwnSettings, hosted: str) -> str | None:
    """Why no run can be sent; None where one may.

    Args:
        hosted: the address of the server that W&B runs.
    """
    address = own.address or hosted
    parts = urlsplit(address)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if not own.logged_in and not owned_by_agent():
        return f"there is no key for {shown}, set WANDB_API_KEY or type wandb login"
    if {"http_proxy", "https_proxy"} & set(own.values):  # which only W&B takes
        return None
    try:
        with urllib.request.urlopen(address, timeout=_ANSWERS):  # noqa: S310 - W&B's own address
            return None
    except urllib.error.HTTPError:  # it answers
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, OSError) and getattr(reason, "verify_code", None) is not None:
            return None  # W&B has certificates of its own
        return f"{shown} cannot be reached ({_words(getattr(reason, 'strerror', None) or reason)})"


def _kept(why: str, directory: Path, kind: str = "offline-run") -> str:
    where = os.path.relpath(directory / "wandb")
    return one_line(redact(f"W&B: {why}: its files are kept here, send them later: wandb sync {where}/{kind}-*"))


def _words(error: object) -> str:
    return " ".join(str(error).split())[:300]
