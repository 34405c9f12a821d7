"""Where the configuration that ships with goldloop is."""

from pathlib import Path

CONF = Path(__file__).resolve().parent.parent.parent / "conf"
