"""Half of a character: a lone surrogate, which JSON can carry and UTF-8 cannot."""

import hashlib


def whole(text: str) -> str:
    """``text`` with two halves that belong together joined, and U+FFFD for each that is alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def question_marks(text: str) -> str:
    """``text`` as a file or a page can hold it: a question mark for each half."""
    return text.encode("utf-8", "replace").decode("utf-8")


def to_bytes(text: str) -> bytes:
    """``text`` in UTF-8, halves too; ``from_bytes`` is the inverse."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(content: bytes) -> str:
    """The text that ``to_bytes`` wrote. Raises UnicodeDecodeError."""
    return content.decode("utf-8", "surrogatepass")


def sha256(text: str) -> str:
    """The SHA-256 of any text, as 64 hex digits."""
    return hashlib.sha256(to_bytes(text)).hexdigest()
