"""Which software made a run: versions of packages, state of the repository."""

import subprocess
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from runner.core.run_result import GitState

_PACKAGES = ("goldloop", "hydra-core", "omegaconf", "openai", "litellm", "wandb", "xllamacpp")


def versions() -> dict[str, str]:
    """Python's version and those of the packages a result depends on, without importing them."""
    found = {"python": python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_state() -> GitState | None:
    """Commit and cleanliness of the working directory's repository; None outside one."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, timeout=10, check=True)
        return done.stdout.strip()

    try:
        return GitState(commit=git("rev-parse", "HEAD"), dirty=bool(git("status", "--porcelain", "-uno")))
    except (OSError, subprocess.SubprocessError):
        return None
