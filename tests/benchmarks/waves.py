"""How long each strategy waits for an endpoint that takes 1 s a call: ``python tests/benchmarks/waves.py [TREE]``.

Three epochs on 18 reflect, 18 select and 24 sealed items, 64 calls at once, in simulated time. A wave is a moment at
which no call is under way and then calls begin: what is asked in one wave waits for no other call of it. TREE is
another tree of the project, to be measured the same way.
"""

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    tree = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    sys.path[:0] = [str(tree), str(ROOT / "tests" / "support")]
    from options import made, options
    from waves import searched

    print("| strategy | calls | waves | seconds |")
    print("|---|---|---|---|")
    for case in options("optimizer"):
        [option] = case.values
        if option == "optimizer/gepa_official" and find_spec("gepa") is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            _, asked = searched(made(option), Path(folder))
        print(f"| `{option.partition('/')[2]}` | {len(asked.calls)} | {asked.waves} | {asked.seconds:.1f} |")


if __name__ == "__main__":
    main()
