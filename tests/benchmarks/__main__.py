"""make bench: measures goldloop beside raw clients on this machine, and writes docs/benchmarks.md."""

import asyncio
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labelling import generated
from sklearn.feature_extraction.text import TfidfVectorizer

from runner.core.nearness import Nearness

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
_IDEAL = (
    "An endpoint that answers in 100 ms; the ideal is 10 a second for each call under way. Medians of three rounds, "
    "all clients in turn."
)
_LABELLING = (
    "Generated rows, 64 calls at once, journal on; the endpoint answers at once, in a process of its own on the same "
    'processors.\nOther sizes: `make bench LABEL_ROWS="10000 1000000"`.'
)
_POOL = "8 of 1,000 examples for each text"
CLIENTS = (
    "raw aiohttp",
    "openai over aiohttp",
    "goldloop provider=openai",
    "litellm.acompletion",
    "goldloop provider=litellm journal.mode=off",
    "goldloop provider=litellm",
)
PEERS = ("dspy", "promptolution")
ROUNDS = 3


class Server:
    """The fast endpoint, up while the block runs."""

    def __init__(self, delay: float) -> None:
        self._delay = delay

    def __enter__(self) -> str:
        words = [sys.executable, str(HERE / "server.py"), str(self._delay)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()


def run(words: Sequence[str], cwd: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, cwd=cwd or ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:]}")
    return done.stdout


def seconds(words: Sequence[str], cwd: Path | None = None, runs: int = 7) -> float:
    """The median wall time of a command."""
    run(words, cwd)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run(words, cwd)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def throughput() -> list[str]:
    rows = ["| client | 64 at once | of 640 | 256 at once | of 2,560 | memory, MB |", "|---|---|---|---|---|---|"]
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with Server(0.1) as port:
        # In turns, so that a slow minute of the machine hits all alike.
        for client, at_once in [(client, n) for _ in range(ROUNDS) for client in (*CLIENTS, *PEERS) for n in (64, 256)]:
            out = run([*_program(client), str(at_once), port, "3"])
            told = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
            found.setdefault((client, at_once), []).append((told["rate"], told["megabytes"]))
    for client in (*CLIENTS, *PEERS):
        low, high = (statistics.median(rate for rate, _ in found[client, n]) for n in (64, 256))
        memory = max(megabytes for _, megabytes in found[client, 256])
        rows.append(f"| {client} | {low:.0f} | {low / 640:.2f} | {high:.0f} | {high / 2560:.2f} | {memory:.0f} |")
    return rows


def _program(client: str) -> list[str]:
    if client in PEERS:
        return [str(ROOT / ".venv/peers/bin/python"), str(HERE / "peers.py"), client]
    return [sys.executable, str(HERE / "throughput.py"), client]


def start_up() -> list[str]:
    python, words = sys.executable, [sys.executable, "-m", "runner"]
    hydra = seconds([python, "-c", "import hydra"])
    help_ = seconds([*words, "--help"])
    with tempfile.TemporaryDirectory() as place, Server(0.0) as port:
        folder = Path(place)
        model = ["provider=openai", "provider.model=m", f"provider.base_url=http://127.0.0.1:{port}/v1"]
        job = [*words, *model, "tracker=none", "epochs=3"]
        run(job, folder)
        [result] = folder.glob("outputs/*/*/result.json")
        calls = json.loads(result.read_text())["calls"]["total"]
        replay = seconds([*job, "journal.mode=replay"], folder)
    return [
        "| command | seconds | of `import hydra` |",
        "|---|---|---|",
        f'| `python -c "import hydra"` | {hydra:.2f} | 1.0 |',
        f"| `goldloop --help` | {help_:.2f} | {help_ / hydra:.1f} |",
        f"| a run of {calls} calls, replayed from its journal | {replay:.2f} | {replay / hydra:.1f} |",
    ]


_FAULTS = "20% 429/500/503, 5% broken JSON, 5% an error with status 200, 3% odd usage, 2% hanging, 2% cut off"


def faulty_endpoint() -> list[str]:
    """The same job against an endpoint without and with faults, in this process's thread."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/support")]
    from endpoint import Endpoint, Running, faults

    from runner.datasets.sample import Sample

    answers = {item.text: list(item.gold or ()) for item in Sample().load().items}
    found = {}
    for name, chance in (("none", None), (_FAULTS, random.Random(3))):
        with Running(Endpoint(answers)) as endpoint, tempfile.TemporaryDirectory() as place:
            endpoint.delay, endpoint.fault = 0.1, faults(chance) if chance else None
            model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}"]
            more = ["tracker=none", "epochs=2", "provider.timeout=1"]
            run([sys.executable, "-m", "runner", *model, *more], Path(place))
            [path] = Path(place).glob("outputs/*/*/result.json")
            found[name] = json.loads(path.read_text()), (path.parent / "best_prompt.txt").read_text()
    rows = ["| faults | seconds | calls | retries |", "|---|---|---|---|"]
    for name, (result, _) in found.items():
        rows.append(f"| {name} | {result['seconds']:.1f} | {result['calls']['total']} | {result['calls']['retries']} |")
    (clean, first), (faulty, second) = found.values()
    same = first == second and clean["best"] == faulty["best"]
    return [*rows, "", f"The best prompt and its rewards are {'the same' if same else 'NOT the same'}."]


def comparing() -> list[str]:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/support")]
    from run_directories import make_run

    rows = ["| run directories, 50 sealed items each | seconds | memory, MB |", "|---|---|---|"]
    chance = random.Random(1)
    for count in (10, 1000):
        with tempfile.TemporaryDirectory() as place:
            for number in range(count):
                right = [chance.random() < 0.7 for _ in range(50)]
                make_run(Path(place) / "outputs/s" / str(number), right, f"seed={number}")
            words = [sys.executable, "-m", "runner", "compare", "outputs/s"]
            program = f"import resource, subprocess, sys; subprocess.run({words!r}, check=True, capture_output=True); "
            program += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
            started = time.perf_counter()
            megabytes = run([sys.executable, "-c", program], Path(place)).strip()
            rows.append(f"| {count:,} | {time.perf_counter() - started:.1f} | {megabytes} |")
    return rows


def labelling() -> list[str]:
    rows = ["| rows | prompt | rows a second | seconds | peak memory, MB |", "|---|---|---|---|---|"]
    counts = os.environ.get("LABEL_ROWS", "10000 50000").split()
    for count, pool, prompt in [*((count, "0", "a line") for count in counts), (counts[0], "1000", _POOL)]:
        told = json.loads(run([sys.executable, str(HERE / "labelling.py"), count, "64", pool]))
        each, took = told["rows_per_second"], told["seconds"]
        rows.append(f"| {told['rows']:,} | {prompt} | {each:,.0f} | {took:,.0f} | {told['peak_mb']:.0f} |")
    return rows


def nearest_examples() -> list[str]:
    rows = [
        "| examples in the pool | ready after, s | ms a text | scikit-learn's TF-IDF alone, ms a text |",
        "|---|---|---|---|",
    ]
    rng = random.Random(0)
    texts = [generated(-number, rng) for number in range(200)]
    for count in (1000, 100_000):
        pool = [generated(number, rng) for number in range(count)]
        started = time.perf_counter()
        near = Nearness(pool)
        ready = time.perf_counter() - started
        own = each_takes(lambda text, near=near: near.nearest(text, 8), texts)
        peer = TfidfVectorizer()
        index = peer.fit_transform(pool).T.tocsr()
        other = each_takes(lambda text, peer=peer, index=index: (peer.transform([text]) @ index).toarray(), texts)
        rows.append(f"| {count:,} | {ready:.1f} | {own:.2f} | {other:.2f} |")
    return rows


def each_takes(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Milliseconds for each text."""
    started = time.perf_counter()
    for text in texts:
        work(text)
    return (time.perf_counter() - started) / len(texts) * 1000


def local_model() -> list[str]:
    found = {}
    for way in ("direct", "goldloop"):
        out = run([sys.executable, str(HERE / "local.py"), way])
        found[way] = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
    rows = ["| 40 sample items, one slot | tokens a second | seconds |", "|---|---|---|"]
    for way, name in (("direct", "xllamacpp driven directly"), ("goldloop", "`provider=local`")):
        rows.append(f"| {name} | {found[way]['rate']:.0f} | {found[way]['seconds']:.1f} |")
    same = "the same" if found["direct"]["texts"] == found["goldloop"]["texts"] else "NOT the same"
    return [*rows, "", f"Ratio {found['goldloop']['rate'] / found['direct']['rate']:.2f}; the replies are {same}."]


def tutorial_job() -> list[str]:
    gold = [
        {"id": n, "text": f"text number {n} of the tutorial", "labels": ["Payment", "Other"][: 1 + n % 2]}
        for n in range(50)
    ]
    with tempfile.TemporaryDirectory() as place, Server(1.0) as port:
        folder = Path(place)
        (folder / "gold.json").write_text(json.dumps(gold))
        url = f"provider.base_url=http://127.0.0.1:{port}/v1"
        words = [
            sys.executable,
            "-m",
            "runner",
            "experiment=tutorial",
            "dataset.path=gold.json",
            url,
            "provider.concurrency=64",
        ]
        started = time.perf_counter()
        run(words, folder)
        whole = time.perf_counter() - started
        [path] = folder.glob("outputs/*/*/result.json")
        result = json.loads(path.read_text())
    # The endpoint always answers alike, so a rewritten prompt repeats: only what was asked is on the path.
    rewrites = 3 if result["calls"]["total"] > 53 else 1
    evaluations = (result["calls"]["total"] - rewrites) // 50
    path_seconds = rewrites + evaluations
    sequential = result["calls"]["total"]
    return [
        "| what | seconds |",
        "|---|---|",
        f"| critical path: {evaluations} evaluations of 50 items, {rewrites} rewrites, 1 s a call | {path_seconds} |",
        f"| the run by its own clock | {result['seconds']:.2f} ({result['seconds'] / path_seconds:.2f} of the path) |",
        f"| the whole command, start-up included | {whole:.2f} |",
        f"| one call after the other, as the tutorial's script asks (computed) | {sequential} |",
    ]


async def journal_figures() -> list[str]:
    sys.path.insert(0, str(ROOT))
    from runner.core.calls import Reply
    from runner.providers.middleware.journal import Store
    from runner.providers.middleware.journal.keys import key_of, packed

    count = 100_000
    reply = packed(Reply("Payment\nGreeting", "stop", 120, 6, 0.0001, 0.8))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "journal.sqlite"
        store = Store(path)
        keys = [key_of({"n": number}) for number in range(count)]
        started = time.perf_counter()
        for start in range(0, count, 256):
            await asyncio.gather(*(store.put(key, reply) for key in keys[start : start + 256]))
        wrote = time.perf_counter() - started
        started = time.perf_counter()
        for start in range(0, count, 256):
            await asyncio.gather(*(store.get(key) for key in keys[start : start + 256]))
        read = time.perf_counter() - started
        store.close()
        size = path.stat().st_size / 1e6
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        "| journal of 100,000 calls | |",
        "|---|---|",
        f"| written, each commit synced to disk, 256 at once | {count / wrote:,.0f} calls a second |",
        f"| looked up, 256 at once | {count / read:,.0f} calls a second |",
        f"| file | {size:.0f} MB ({size * 1e6 / count:.0f} bytes a call) |",
        f"| memory of the process | {memory:.0f} MB |",
    ]


def main() -> None:
    parts = {
        "Calls a second": (_IDEAL, throughput()),
        "Start-up and replay": ("Medians of seven runs.", start_up()),
        "The tutorial's job": ("Three epochs, 50 items, an endpoint that takes 1 s a call.", tutorial_job()),
        "What faults cost": ("The sample, 2 epochs, 16 at once, 100 ms a call, a deadline of 1 s.", faulty_endpoint()),
        "goldloop compare": ("The command as a whole: reading, ranking, all three files.", comparing()),
        "goldloop label": (_LABELLING, labelling()),
        "Nearest examples": ("Generated texts of a dozen words, 8 examples for each.", nearest_examples()),
        "The embedded model": ("Tokens in and out together; the prompt's prefix is kept.", local_model()),
        "The journal": ("", asyncio.run(journal_figures())),
    }
    text = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {platform.machine()} with {os.cpu_count()} processors, Python "
        f"{platform.python_version()}; the endpoint runs beside. Figures are noisy: compare within a table.",
    ]
    for title, (words, rows) in parts.items():
        text += ["", f"## {title}", "", *([words, ""] if words else []), *rows]
    page = ROOT / "docs" / "benchmarks.md"
    _, mark, search = page.read_text().partition("<!-- search:")  # what make bench-search wrote stays
    page.write_text("\n".join([*text, "", mark + search] if mark else [*text, ""]))
    print("\n".join(text))


if __name__ == "__main__":
    main()
