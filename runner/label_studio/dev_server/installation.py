"""Label Studio as it is installed beside goldloop: how it is called, with what settings, and its empty database."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runner.core.errors import StudioError

DATABASE = "label_studio.sqlite3"

# Label Studio ends when the pipe of its starter closes, whatever became of the starter: it never outlives it.
_RUN = """
import os, signal, sys, threading
def follow():
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=follow, daemon=True).start()
from label_studio.server import main
sys.exit(main())
"""
# Nothing leaves this machine, and a backend may be on this machine.
_SETTINGS = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "false",
    "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "false",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "LOG_LEVEL": "WARNING",
}
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


@dataclass(frozen=True)
class Installation:
    """A virtual environment with Label Studio in it."""

    environment: Path = Path(sys.prefix, "label-studio")

    def version(self) -> str:
        """Raises: StudioError if it is not there."""
        found = list(self.environment.glob("lib/python*/site-packages/label_studio-*.dist-info"))
        if not found or not (self.environment / "done").exists():
            raise StudioError(
                f"Label Studio is not installed in {self.environment}: make label-studio installs it",
                code="package-missing",
                key=str(self.environment),
            )
        return found[0].stem.removeprefix("label_studio-")

    def command(self, *words: str) -> list[str]:
        """A command that ends when its standard input closes, at the latest."""
        return [str(self.environment / "bin/python"), "-I", "-c", _RUN, *words]

    def variables(self, data: Path) -> dict[str, str]:
        """Only what is meant for Label Studio: it reads plain names such as HOST, PORT and DEBUG too."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return kept | _SETTINGS | {"LABEL_STUDIO_BASE_DATA_DIR": str(data.resolve())}

    def new_database(self, data: Path) -> None:
        """Put an empty database, without users, into ``data``.

        Migrations take half a minute, so one database of each version is kept in the user's cache directory.

        Raises:
            StudioError: Label Studio could not make one.
        """
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        template = cache / "goldloop" / f"label-studio-{self.version()}" / DATABASE
        if not template.exists():
            template.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory() as directory:
                self._migrate(Path(directory))
                copy(Path(directory, DATABASE), template)
        copy(template, data / DATABASE)

    def _migrate(self, data: Path) -> None:
        with (data / "errors").open("wb") as errors:
            process = subprocess.Popen(
                self.command("init", "-q"),
                env=self.variables(data),
                cwd=data,
                stdin=subprocess.PIPE,  # held open until the end
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        try:
            code = process.wait()
        finally:
            with process:  # closes the pipe, at which it ends
                pass
        if code:
            last = ((data / "errors").read_text("utf-8", "replace").strip().splitlines() or ["no message"])[-1]
            raise StudioError(
                f"Label Studio could not make its database (exit code {code}): {last}",
                code="database-unmade",
                key=str(data),
            )


def copy(source: Path, target: Path) -> None:
    """Copy whole or not at all; of several at once the last one stays."""
    part = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copyfile(source, part)
    part.replace(target)
