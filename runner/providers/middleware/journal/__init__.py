"""The journal: every call by its content, so that no call is paid twice and any run replays.

``Journal`` stands in front of a provider. ``Store`` is the file all runs of a project share;
``RunCallLog`` is what one run used, kept in its own directory, enough to replay it anywhere.
"""

from runner.providers.middleware.journal.provider import Journal, JournalSettings, Mode
from runner.providers.middleware.journal.store import Store

__all__ = ["Journal", "JournalSettings", "Mode", "Store"]
