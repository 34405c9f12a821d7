"""goldloop as a process in a directory of its own."""

import os
import subprocess
import sys
from pathlib import Path

from paths import ROOT
from preloaded import Forked


class Goldloop:
    """goldloop as a process in a directory of its own.

    Args:
        covered: whether its lines count for coverage, which makes a process half as slow again.
        tracked: whether W&B's files are written, which takes as long as all the rest of a run.
        forked: whether it finds its packages imported, which takes half of a short run.
    """

    def __init__(self, directory: Path, *, covered: bool = True, tracked: bool = False, forked: bool = False) -> None:
        self.directory = directory
        self.forked = forked and sys.platform == "linux"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.endswith(("_KEY", "_TOKEN"))
            and not name.startswith("WANDB_")
            and (covered or not name.startswith("COVERAGE_PROCESS"))
        }
        if not tracked:
            self.environment["WANDB_MODE"] = "disabled"

    def __call__(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        started = self.start(*words, **environment)
        out, error = started.communicate(timeout=300)
        return subprocess.CompletedProcess(started.args, started.returncode, out, error)

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        forked = self.forked and not any(name.startswith("PYTHON") for name in environment)
        return (Forked if forked else subprocess.Popen)(
            [*words] if forked else [sys.executable, "-m", "runner", *words],
            cwd=self.directory,
            env={**self.environment, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
