"""How long each regular expression of the project takes for 20 hard texts of 1 MB, the slowest first.

.venv/bin/python tests/benchmarks/patterns.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from patterns import LIMITS, TEXTS, hardest, in_project  # noqa: E402


def main() -> None:
    """Print milliseconds of the processor, and where the pattern stands."""
    spent = [(1000 * hardest(found, max(LIMITS), all_largest=True), found) for found in in_project()]
    print(f"{len(spent)} patterns, {TEXTS} texts each")
    for milliseconds, found in sorted(spent, key=lambda one: -one[0]):
        print(f"{milliseconds:7.0f} ms  {found.place}  {found.pattern.pattern[:60]!r}")


if __name__ == "__main__":
    main()
