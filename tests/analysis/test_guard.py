"""goldloop guard: no worse, worse or undecided on a run's items, by exit code; nothing is paid twice or for nothing."""

import hashlib
import json
import shutil
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint, Running
from goldloop_process import Goldloop
from refusals import refused
from verdicts import EVERY_REWARD

from runner.analysis.guard.refuse import refuse_shared_credits
from runner.analysis.guard.result import GuardResult, GuardRow
from runner.core.errors import ConfigError
from runner.core.items import Item
from runner.runs.json_records import from_json, to_json
from verifiers.labels import Labels
from verifiers.number import Number
from verifiers.rewards import refusal

SEALED, SELECT = 150, 20
HOSTILE = "refund \x1b[2J\x07 ${oc.env:HOME} </script> ' OR 1=1 \u202e"
WRONG = {"old": 10, "twin": 10, "better": 0, "worse": 55, "mute": 0}  # model -> in a hundred


@dataclass
class Models(Endpoint):
    """Several models: each is wrong about texts of its own."""

    any_model: bool = True

    def reply(self, body: Body) -> str:
        model, text = body["model"], body["messages"][-1]["content"]
        if model == "mute":
            return ""
        [right] = self.answers[text]
        chance = int(hashlib.sha256(f"{model}{text}".encode()).hexdigest()[:8], 16) % 100
        wrong = chance < WRONG[model] or "answer at random" in body["messages"][0]["content"]
        return {"refund": "damage", "damage": "refund"}[right] if wrong else right


def gold() -> list[dict[str, Any]]:
    kinds = ("refund", "damage")
    rows = [
        {"id": f"i{n}", "text": f"ticket {n} is about a {kinds[n % 2]}", "labels": [kinds[n % 2]]}
        for n in range(10 + SELECT + SEALED)
    ]
    rows[0]["id"], rows[0]["text"] = "i\x1b[31m0", HOSTILE
    parts = ["test", *["train"] * 10, *["dev"] * SELECT, *["test"] * (SEALED - 1)]
    return [{**row, "split": part} for row, part in zip(rows, parts, strict=True)]


@pytest.fixture(scope="module")
def up() -> Iterator[Models]:
    with Running(Models({row["text"]: row["labels"] for row in gold()})) as running:
        assert isinstance(running, Models)
        yield running


@pytest.fixture(scope="module")
def finished(up: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which a run ended."""
    place = Goldloop(tmp_path_factory.mktemp("finished"))
    (place.directory / "gold.json").write_text(json.dumps(gold()))
    model = ["provider=openai", f"provider.base_url={up.url}", "provider.model=old", "provider.concurrency=8"]
    data = ["dataset=file", "dataset.path=gold.json", "dataset.split_field=split", "verifier=choice"]
    done = place(*model, *data, "optimizer=none", "epochs=0", "tracker=none", "controls=false", "study=done")
    assert done.returncode == 0, done.stderr
    return place.directory


@pytest.fixture
def endpoint(up: Models) -> Models:
    """The endpoint as new."""
    up.requests.clear()
    up.fault, up.key, up.delay = None, None, 0.0
    return up


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> str:
    """A finished run, and the journal of its project."""
    [made] = finished.glob("outputs/done/*")
    shutil.copytree(made, tmp_path / "outputs/done/1")
    shutil.copy(finished / "outputs/journal.sqlite", tmp_path / "outputs/journal.sqlite")
    return "outputs/done/1"


def guarded(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The result and the rows of the last guard."""
    directory = max(folder.glob("outputs/guard/*"))
    rows = [json.loads(line) for line in (directory / "guard.jsonl").read_text().splitlines()]
    return json.loads((directory / "result.json").read_text()), rows


def asked(endpoint: Models) -> Counter[tuple[str, str]]:
    return Counter((body["model"], body["messages"][-1]["content"]) for body in endpoint.requests)


@pytest.mark.parametrize(
    ("model", "margin", "code", "verdict"),
    [("twin", 0.15, 0, "no_worse"), ("better", 0.1, 0, "no_worse"), ("worse", 0.1, 3, "worse"),
     ("twin", 0.04, 4, "undecided")],
)  # fmt: skip
def test_the_exit_code_says_what_came_of_it(
    model: str, margin: float, code: int, verdict: str, goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    done = goldloop("guard", run, f"provider.model={model}", f"margin={margin}")
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == "" and done.stdout.splitlines()[-1].startswith("outputs/guard/")
    assert verdict.replace("_", " ").upper() in done.stdout and "\nnext: " in done.stdout
    result, rows = guarded(tmp_path)
    items, pairs = result["items"], [row for row in rows if row["compared"]]
    assert (result["verdict"], result["margin"], result["confidence"]) == (verdict, margin, 0.95)
    assert to_json(from_json(GuardResult, result, "")) == result
    assert [to_json(from_json(GuardRow, row, "")) for row in rows] == rows
    assert {name for name, _ in asked(endpoint)} == {model} and set(asked(endpoint).values()) == {1}
    assert len(endpoint.requests) == items["asked"] == len(rows) == SEALED - items["saved"]
    assert items["usable"] == SEALED and items["compared"] == len(pairs)
    assert result["before"]["reward"] == pytest.approx(sum(row["before"] for row in pairs) / len(pairs))
    assert result["after"]["reward"] == pytest.approx(sum(row["after"] for row in pairs) / len(pairs))
    assert items["lower"] == sum(row["after"] < row["before"] for row in pairs)
    assert all(row["sealed"] for row in rows) and all(
        (row["prediction"] == row["gold"]) == row["after"] for row in rows
    )
    if verdict == "undecided":
        assert items["saved"] == 0 and result["most_worse"] > margin and result["items_needed"] > SEALED
    else:
        assert 0 <= items["asked"] - items["compared"] < 8 and f"{items['saved']} calls saved" in done.stdout
        assert result["items_needed"] is None and (result["most_worse"] <= margin) == (verdict == "no_worse")


def test_items_that_are_too_few_for_the_margin_still_show_a_worse_model(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    done = goldloop("guard", run, "provider.model=worse", "margin=0.02")
    assert done.returncode == 3, done.stdout + done.stderr
    assert (
        "WARNING: 150 items can show that it is worse, never that it is no worse: margin=0.02 takes 188" in done.stdout
    )
    assert "items=all" in done.stdout and guarded(tmp_path)[0]["verdict"] == "worse"


def test_the_same_command_again_pays_nothing_and_says_the_same(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    words = ["guard", run, "provider.model=twin", "margin=0.15"]
    assert goldloop(*words).returncode == 0
    first, rows = guarded(tmp_path)
    endpoint.requests.clear()
    assert goldloop(*words).returncode == 0
    again, same = guarded(tmp_path)
    assert endpoint.requests == [] and rows == same and again["calls"]["provider"] == 0
    paid = {"seconds", "calls", "tokens", "cost_usd"}
    assert {key: again[key] for key in again if key not in paid} == {
        key: first[key] for key in first if key not in paid
    }
    goldloop(*words, "seed=1")
    assert [row["id"] for row in guarded(tmp_path)[1]] != [row["id"] for row in rows]


def test_interrupted_it_asks_only_the_rest(goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path) -> None:
    words = ["guard", run, "provider.model=twin", "margin=0.15", "provider.concurrency=2"]
    endpoint.delay = 0.05
    started = goldloop.start(*words)
    while len(endpoint.requests) < 10:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    out, error = started.communicate(timeout=60)
    assert started.returncode == 130 and "the same command asks only for the rest" in out, error
    assert not list(tmp_path.glob("outputs/guard/*"))
    done = goldloop(*words)
    assert done.returncode == 0, done.stderr
    assert max(asked(endpoint).values()) == 1


def test_a_budget_that_ends_it_is_undecided(goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path) -> None:
    done = goldloop("guard", run, "provider.model=twin", "margin=0.15", "budget.calls=13")
    assert done.returncode == 4 and "budget.calls=13 is spent" in done.stdout, done.stderr
    result, rows = guarded(tmp_path)
    assert (result["status"], result["stop"]["kind"]) == ("stopped", "budget")
    assert len(endpoint.requests) == 13 == len(rows) == result["items"]["compared"]
    assert goldloop("guard", run, "provider.model=twin", "margin=0.15").returncode == 0
    assert max(asked(endpoint).values()) == 1


def test_a_failed_call_is_no_answer(goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path) -> None:
    wrong = (400, {"error": {"message": "content policy", "code": "content_filter"}}, {})
    endpoint.fault = lambda body, number: wrong if sum(body["messages"][-1]["content"].encode()) % 9 == 0 else None
    words = ["guard", run, "provider.model=twin", "margin=0.15"]
    many = goldloop(*words)
    assert many.returncode == 2, many.stdout
    assert "content_filter" in many.stderr and "max_failed=0.02" in many.stderr
    assert goldloop(*words, "max_failed=0.5").returncode == 0
    result, rows = guarded(tmp_path)
    lost = [row for row in rows if row["failure"] == "content_filter"]
    assert lost and len(lost) == result["items"]["failed"]
    assert {(row["after"], row["compared"]) for row in lost} == {(None, False)}
    assert set(asked(endpoint).values()) <= {1, 2}  # only what failed is asked again


def test_an_endpoint_that_is_gone_or_refuses_the_key_is_no_verdict(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    away = goldloop("guard", run, "provider.model=twin", f"provider.base_url=http://127.0.0.1:{port}/v1", "margin=0.15")
    assert away.returncode == 2 and str(port) in away.stderr, away.stderr
    endpoint.key = "another"
    assert goldloop("guard", run, "provider.model=twin", "margin=0.15", OPENAI_API_KEY="k" * 12).returncode == 2
    endpoint.key = None
    mute = goldloop("guard", run, "provider.model=mute", "margin=0.15")
    assert mute.returncode == 2 and "provider.max_tokens" in mute.stderr and len(endpoint.requests) < 20
    assert not list(tmp_path.glob("outputs/guard/*"))


def test_what_can_have_no_verdict_is_refused_before_it_is_paid(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    new = "provider.model=twin"
    for words, shown in (
        ([run, "margin=0.15"], "journal.mode=refresh"),
        ([run, new, "reward=micro_f1"], "reward=f1"),
        ([run, new, "margin=1"], "margin"),
        ([run, new, "confidence=0.4"], "confidence"),
        ([run, new, "items=reflect"], "items"),
        ([run, new, "prompt_file=gone.txt"], "gone.txt"),
        ([run, new, "budget.usd=1"], "provider.price"),
        ([run, new, "marign=0.1"], "margin"),
        ([run, new, "resume=x"], "same words"),
        (["outputs/none", new], "no run directory"),
        ([new], "name one run directory"),
        ([], "provider.model=NEW"),
    ):
        done = goldloop("guard", *words)
        assert done.returncode == 2 and shown in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    path = tmp_path / run / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sealed": False}))
    assert "items=all" in goldloop("guard", run, new).stderr
    assert endpoint.requests == [] and not list(tmp_path.glob("outputs/guard"))


def test_check_says_what_it_would_ask_and_asks_nobody(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    price = "provider.price={input: 1, output: 2}"
    done = goldloop("check", "guard", run, "provider.model=twin", "margin=0.15", price, "provider.max_tokens=9")
    assert done.returncode == 0, done.stderr
    assert f"{SEALED} calls at most, $" in done.stdout and "24 at least" in done.stdout
    assert endpoint.requests == [] and not list(tmp_path.glob("outputs/guard"))
    assert goldloop("check", "guard", run, "margin=0.15").returncode == 2


def test_the_same_model_asked_again_tells_whether_it_has_changed(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    done = goldloop("guard", run, "journal.mode=refresh", "margin=0.15")
    assert done.returncode == 0 and "old now" in done.stdout, done.stderr
    assert guarded(tmp_path)[0]["difference"] == 0 and len(endpoint.requests) == 24


def test_a_new_prompt_is_judged_and_nothing_hostile_reaches_the_terminal(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    (tmp_path / "new.txt").write_text(f"answer at random: refund, damage\n{HOSTILE}")
    done = goldloop("guard", run, "prompt_file=new.txt", "margin=0.15")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the new prompt 0." in done.stdout and "keep the old prompt" in done.stdout
    assert not [mark for mark in done.stdout if not mark.isprintable() and mark != "\n"]
    result, rows = guarded(tmp_path)
    assert result["prompt"].startswith("answer at random") and HOSTILE in result["prompt"]
    assert result["before"]["fingerprint"] != result["after"]["fingerprint"] and len(rows) < 30
    [saved] = tmp_path.glob("outputs/guard/*/.hydra/config.yaml")
    assert "prompt_file: new.txt" in saved.read_text()


def test_all_items_are_the_sealed_ones_and_those_that_chose_the_prompt(
    goldloop: Goldloop, endpoint: Models, run: str, tmp_path: Path
) -> None:
    done = goldloop("guard", run, "provider.model=twin", "margin=0.04", "items=all")
    assert "favours it" in done.stdout, done.stderr
    result, rows = guarded(tmp_path)
    assert result["items"]["usable"] == SEALED + SELECT
    assert Counter(row["sealed"] for row in rows)[False] == SELECT


def test_a_reward_of_all_items_together_is_found_by_what_it_does() -> None:
    names = ("refund", "damage")
    labels = [Item(f"i{n}", f"text {n}", (names[n % 2],)) for n in range(6)]
    numbers = [Item(f"i{n}", f"text {n}", n % 5 + 1) for n in range(6)]
    shared = set()
    for name, reward in EVERY_REWARD.items():
        verifier, items = (Number(), numbers) if refusal(reward, Labels()) else (Labels(), labels)
        if refusal(reward, verifier):
            continue
        try:
            refuse_shared_credits(reward, verifier, items)
        except ConfigError as error:
            assert error.code == "no-item-credit"
            shared.add(name)
    assert shared == {"micro_f1", "macro_f1", "qwk", "spearman"}
    with refused(ConfigError, "reward-unfit", "reward"):
        refuse_shared_credits(EVERY_REWARD["qwk"], Labels(), labels)
