"""goldloop label on generated rows: ``python labelling.py ROWS [CONCURRENCY [POOL [TARGET]]]``: rows a second, memory.

With POOL the prompt chooses 8 of so many examples for each text. With TARGET=1 rows get a certainty, a threshold is
tested, and the rows for people are written down, least certain first. The endpoint answers at once, in a process of its
own on the same cores, so that what is measured is goldloop.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from runner.core.prompt import Demo, Prompt

WORDS = [f"{start}{end}" for start in ("ba", "ke", "li", "mo", "su", "ta") for end in ("rd", "nk", "lo", "mit", "ve")]
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def goldloop(folder: str, *words: str) -> str:
    """Run goldloop below GNU time; returns what both printed."""
    command = ["/usr/bin/time", "-v", sys.executable, "-m", "runner", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def generated(number: int, rng: random.Random) -> str:
    """A text of a dozen words, another for each number."""
    return f"row {number} {' '.join(rng.choices(WORDS, k=12))}"


def measured(url: str, rows: int, at_once: int, pool: int = 0, target: int = 0) -> dict[str, float]:
    """Rows a second and peak MB of one label run with the journal on."""
    rng = random.Random(0)
    model = ["provider=openai", f"provider.base_url={url}", "provider.model=m"]
    with tempfile.TemporaryDirectory(prefix="goldloop-bench-") as folder:
        demos = tuple(Demo(generated(-number, rng), ("Other",)) for number in range(pool))
        prompt = Prompt("Label it.", demos, turns=True, nearest=8 if pool else 0)
        (Path(folder) / "prompt.txt").write_text(prompt.render())
        goldloop(folder, *model, "epochs=0", "tracker=none", "study=source", "prompt_file=prompt.txt")
        [run] = Path(folder).glob("outputs/source/*")
        with (Path(folder) / "rows.jsonl").open("w") as out:
            for number in range(rows):
                out.write(json.dumps({"id": number, "text": generated(number, rng)}) + "\n")
        words = [str(run), "dataset.path=rows.jsonl", f"provider.concurrency={at_once}", "max_failed=1"]
        words += ["target=0.9", "certainty=logprobs"] if target else []
        said = goldloop(folder, "label", *words)
        [result] = Path(folder).glob("outputs/label/*/result.json")
        seconds = json.loads(result.read_text())["seconds"]
        peak = int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", said)[1]) / 1024  # type: ignore[index]
        return {"rows": rows, "rows_per_second": rows / seconds, "peak_mb": peak, "seconds": seconds}


def main() -> None:
    given = [int(word) for word in sys.argv[1:]]
    rows, at_once, pool, target = given + [0, 64, 0, 0][len(given) :]
    server = subprocess.Popen([sys.executable, str(HERE / "server.py"), "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        print(json.dumps(measured(url, rows, at_once, pool, target)))
    finally:
        server.kill()
        server.communicate()


if __name__ == "__main__":
    main()
