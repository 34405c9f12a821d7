"""Every command in README and docs runs, and what they name exists."""

import csv
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint import Endpoint, Running, tokens_of
from goldloop_process import Goldloop
from markdown import blocks
from paths import ROOT
from tickets import tickets

from runner.datasets.sample import Sample

pytestmark = [pytest.mark.uncovered]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
IN_ORDER = {"label-studio.md"}  # a walk from its first command to its last: test_studio_pages.py
KEYS = {"OPENAI_API_KEY": "k" * 12, "ANTHROPIC_API_KEY": "k" * 12}
DIALOGUES = ROOT / "runner/datasets/customer_intents/gold.jsonl"


def commands() -> list[tuple[str, str]]:
    found = {}
    for page in PAGES:
        for block in blocks(page, "bash") if page.name not in IN_ORDER else ():
            for line in block.splitlines():
                found.setdefault(line.partition(" #")[0].strip(), page.name)
    return [(page, command) for command, page in found.items() if command]


def pointed_at(endpoint: Endpoint, words: list[str]) -> list[str]:
    """The command's words, with the model it asks for replaced by the local endpoint's."""
    words = [word for word in words if not word.startswith(("provider.base_url=", "provider.model="))]
    extra = [f"provider.base_url={endpoint.url}", "provider.model=openai/fake-model"]
    if any(word.startswith("provider@rewriter=") for word in words):
        extra += [f"rewriter.base_url={endpoint.url}", "rewriter.model=openai/fake-model"]
    names = " ".join(words)
    given = any(word.startswith(("provider=", "experiment=")) for word in words)
    return [*words, *([] if given else ["provider=openai"]), *extra, *([] if "tracker" in names else ["tracker=none"])]


GRADES = {"awful": -3.5, "poor": -1, "fair": 0.5, "good": 2, "superb": 3.5}


PLACES = [f"Anna met Bo in Rome {n}" for n in range(40)]


def exported() -> str:
    """Tasks with two controls, as Label Studio exports them."""
    people = {"from_name": "people", "type": "labels", "value": {"start": 0, "end": 4, "labels": ["PER"]}}
    stars = [{"from_name": "stars", "type": "rating", "value": {"rating": n % 5 + 1}} for n in range(len(PLACES))]
    return json.dumps(
        [
            {"id": n, "data": {"text": text}, "annotations": [{"result": [people, stars[n]]}]}
            for n, text in enumerate(PLACES)
        ]
    )


def replies_in(folder: Path) -> dict[str, list[str]]:
    """Text -> the lines of a right reply, of the files whose answers are no labels."""
    found: dict[str, list[str]] = {}
    for name, column in (("reviews.csv", "rating"), ("times.csv", "time")):
        found |= {row["text"]: [row[column]] for row in csv.DictReader((folder / name).read_text().splitlines())}
    for row in csv.DictReader((folder / "tickets.csv").read_text().splitlines()):
        dates = [{"label": one["label"], "text": "Monday"} for one in json.loads(row["Dates"])]
        answer = {"topic": row["Category"], "urgency": int(row["Priority"] or 1), "dates": dates}
        found[row["Customer message"]] = [json.dumps(answer)]
    return found | {text: ['PER: "Anna"'] for text in PLACES}


def prepare(folder: Path) -> None:
    """The files that the pages speak of."""
    rows = [json.loads(line) for line in DIALOGUES.read_text().splitlines()]
    few = [{**row, "labels": row["labels"][:1]} for row in rows]
    big = [{**row, "id": f"{row['id']}-{copy}", "note": copy} for copy in range(3) for row in rows]
    for number, row in enumerate(big):
        row["split"] = "train" if number % 3 else "test"
    (folder / "gold.json").write_text(json.dumps(big))
    text = ["id,text,labels"]
    for copy in range(3):
        for row in few:
            said = " ".join(turn["text"] for turn in row["dialogue"]).replace('"', "'")
            label = {"Payment": "Payment", "Refund_Request": "Refund_Request"}.get(row["labels"][0], "Other")
            text.append(f'{row["id"]}-{copy},"{said} ({copy})",{label}')
    (folder / "gold.csv").write_text("\n".join(text))
    [yaml] = [block for block in blocks(ROOT / "docs/data.md", "yaml") if block.startswith("# labels.yaml")]
    (folder / "labels-of-csv.yaml").write_text(yaml)
    (folder / "labels.yaml").write_text((ROOT / "runner/datasets/customer_intents/labels.yaml").read_text())
    strategy, answers = blocks(ROOT / "docs/extend.md", "python")
    (folder / "mine.py").write_text(strategy)
    (folder / "clock.py").write_text(answers)
    times = "\n".join(f"We meet at {9 + n // 6}:{n % 6}0 in room {n}.,{9 + n // 6:02}:{n % 6}0" for n in range(30))
    (folder / "times.csv").write_text(f"text,time\n{times}\n")
    (folder / "mine/sweep").mkdir(parents=True)
    [sweep] = blocks(ROOT / "docs/sweeps.md", "yaml")
    (folder / "mine/sweep/two-temperatures.yaml").write_text(sweep)
    (folder / "conf/optimizer").mkdir(parents=True)
    [task] = blocks(ROOT / "docs/answers.md", "yaml")
    (folder / "ticket.yaml").write_text(task)
    (folder / "tickets.csv").write_text(tickets())
    (folder / "export.json").write_text(exported())
    tokens = [[f"{word} {'B-PER' if word == 'Anna' else 'O'}" for word in text.split()] for text in PLACES]
    (folder / "gold.conll").write_text("\n\n".join("\n".join(lines) for lines in tokens))
    ratings = "\n".join(f"It was {word} ({n}).,{grade}" for n in range(12) for word, grade in GRADES.items())
    (folder / "reviews.csv").write_text(f"text,rating\n{ratings}\n")
    (folder / "vendor.csv").write_text("\n".join(["Body,Topic", *(f"{text},place" for text in PLACES)]))
    own, answers = blocks(ROOT / "docs/extend.md", "yaml")
    (folder / "conf/optimizer/suffixes.yaml").write_text(own)
    (folder / "conf/verifier").mkdir()
    (folder / "conf/verifier/time_of_day.yaml").write_text(answers)
    [python] = blocks(ROOT / "docs/strategies.md", "python")
    (folder / "shorter.py").write_text(python)
    [own] = blocks(ROOT / "docs/strategies.md", "yaml")
    (folder / "conf/optimizer/shorter.yaml").write_text(own)
    (folder / "conf/reward").mkdir()
    mixed, own = blocks(ROOT / "docs/rewards.md", "yaml")
    (folder / "conf/reward/strict.yaml").write_text(mixed)
    (folder / "conf/reward/costs.yaml").write_text(own)
    [python] = blocks(ROOT / "docs/rewards.md", "python")
    (folder / "costs.py").write_text(python)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The ``outputs`` of a sweep, and its endpoint still there."""
    folder = tmp_path_factory.mktemp("swept")
    answers = {item.text: list(item.gold or ()) for item in Sample().load().items}
    sure = {"logprobs": lambda body, text: tokens_of(text, -0.1)}  # what certainty=auto chooses by
    with Running(Endpoint(answers, any_model=True, **sure)) as endpoint:  # guard asks others than the run did
        sweep = ["-m", "optimizer=none,demos", "epochs=1", "hydra.sweep.dir=outputs/optimize/TIME"]
        assert Goldloop(folder, covered=False)(*pointed_at(endpoint, sweep), **KEYS).returncode == 0
        yield folder / "outputs"


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: value[:70])
def test_every_command_in_the_pages_runs(
    page: str, command: str, goldloop: Goldloop, endpoint: Endpoint, swept: Path
) -> None:
    name, *words = shlex.split(command)
    if name == "make":
        dry = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert dry.returncode == 0, dry.stderr
        return
    assert name == "goldloop"
    if page == "wandb.md":
        del goldloop.environment["WANDB_MODE"]
    prepare(goldloop.directory)
    endpoint.answers = {**endpoint.answers, **replies_in(goldloop.directory)}
    if "dataset.path=gold.csv" in words:
        (goldloop.directory / "labels-of-csv.yaml").replace(goldloop.directory / "labels.yaml")
    if words[:2] == ["check", "guard"]:
        shutil.copytree(swept, goldloop.directory / "outputs")
        done = goldloop(*words, **KEYS)
        assert done.returncode == 0 and "Nothing was asked" in done.stdout, f"{page}: {done.stderr}"
        return
    if words[0] == "check":
        done = goldloop(*words, **KEYS)
        assert done.returncode == 0, f"{page}: {done.stderr}"
        assert list(goldloop.directory.glob("outputs")) == []
        return
    if words[0] == "new":
        assert goldloop(*words).returncode == 0
        assert (goldloop.directory / "task.yaml").exists()
        return
    if words[0] == "certify":
        labels = "\n".join(["text,labels", *(f"{text},place" for text in PLACES)])
        (goldloop.directory / "labels.csv").write_text(labels)
        assert goldloop(*words).returncode == 4, page  # undecided: the first batch is there to be filled in
        assert list(goldloop.directory.glob("outputs/certify/*/batch-1.csv"))
        return
    if words[0] in {"compare", "reproduce", "label", "guard"}:
        shutil.copytree(swept, goldloop.directory / "outputs")
        shutil.copy(DIALOGUES.with_name("unlabelled.jsonl"), goldloop.directory / "rest.jsonl")
        (goldloop.directory / "shorter.txt").write_text("Which labels does this dialogue have?\n\n- Payment\n- Other\n")
        done = goldloop(*words, **KEYS)
        verdicts = {0, 3, 4} if words[0] == "guard" else {0}
        assert done.returncode in verdicts, f"{page}: {done.stderr}"
        return
    done = goldloop(*pointed_at(endpoint, words), **KEYS)
    assert done.returncode == 0, f"{page}: {done.stderr}"
    assert done.stdout.splitlines()[-1].startswith("outputs/")


def test_what_the_pages_link_to_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_names_every_option() -> None:
    text = (ROOT / "README.md").read_text()
    for group in ("provider", "dataset", "verifier", "reward", "optimizer", "certainty"):
        for path in (ROOT / "conf" / group).glob("*.yaml"):
            assert f"`{path.stem}`" in text, path


def test_the_run_directory_page_names_every_key_of_a_result(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "epochs=1"]
    assert goldloop(*words).returncode == 0
    [path] = goldloop.directory.glob("outputs/*/*/result.json")
    text = (ROOT / "docs/run-directory.md").read_text()
    missing = [key for key in json.loads(path.read_text()) if not re.search(rf"`{key}[.`]", text)]
    assert missing == []
    assert all(f"`{name.name}`" in text or f"`{name.name}/`" in text for name in path.parent.iterdir())


def test_ci_calls_only_what_the_readme_names() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    assert lines == ["make browser", "make check", "make test"]
    assert all(f"`{line}`" in (ROOT / "README.md").read_text() for line in lines)


def test_no_registry_address_stands_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = ["python" + "hosted", "pypi" + ".org", "registry.npm" + "js", "deb." + "debian"]
    for path in filter(None, tracked.split("\0")):
        text = (ROOT / path).read_bytes().decode("utf-8", "ignore") if (ROOT / path).is_file() else ""
        assert not [name for name in names if name in text], path
