"""JSON as one line of a reply, whatever is in it. Pure."""

import json
from typing import Any

_BREAKS = {ord(one): f"\\u{ord(one):04x}" for one in ("\x7f", *map(chr, range(0x80, 0xA0)), "\u2028", "\u2029")}


def one_line(value: Any) -> str:
    """``value`` as JSON that people can read, without anything that any reader takes for a line break."""
    return json.dumps(value, ensure_ascii=False).translate(_BREAKS)
