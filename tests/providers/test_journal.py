"""The journal: every call paid once, written down before it is used, and the same run again from it."""

import asyncio
import json
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeProvider
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from runner.core.calls import Call, Reply
from runner.core.error_codes import Code
from runner.core.errors import CallFailed, JournalError, ProviderError
from runner.providers.middleware.journal import Journal, Mode, Store
from runner.providers.middleware.journal.keys import key_of, packed, unpacked
from runner.providers.middleware.journal.run_log import RunCallLog
from runner.providers.middleware.journal.store import Session

Open = Callable[..., Journal]


def call(text: str = "x", sample: int = 0) -> Call:
    return Call([{"role": "user", "content": text}], sample)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "shared.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def journal(tmp_path: Path, store: Store) -> Iterator[Open]:
    logs: list[RunCallLog] = []

    def factory(provider: FakeProvider, run: str = "run", mode: Mode = "use", **more: Any) -> Journal:
        (tmp_path / run).mkdir(exist_ok=True)
        logs.append(RunCallLog(tmp_path / run / "journal.jsonl"))
        return Journal(provider, provider.describe, log=logs[-1], store=store, mode=mode, **more)

    yield factory
    for opened in logs:
        opened.close()


async def test_a_call_is_paid_once_and_then_a_hit_even_for_another_run(journal: Open) -> None:
    provider = FakeProvider(lambda call: "yes")
    first = await journal(provider).complete(call())
    again = await journal(provider, "other").complete(call())
    assert (first.from_journal, again.from_journal) == (False, True)
    assert again.text == first.text
    assert len(provider.calls) == 1


def test_whoever_takes_and_puts_never_waits_for_who_puts_and_takes(tmp_path: Path) -> None:
    """Two processes, two files: the first has claimed, the second has written, and now each wants the other's file."""
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        first, second = (pool.submit(Session, tmp_path / "j.sqlite").result() for pool in (one, other))
        assert one.submit(first.take, "a").result() == (None, True)
        other.submit(second.put, "b", "x").result()
        waiting = one.submit(first.put, "c", "y")
        assert other.submit(second.take, "d").result(timeout=30) == (None, True)
        other.submit(second.commit).result(timeout=30)
        waiting.result(timeout=30)
        one.submit(first.commit).result()
        assert [other.submit(second.get, key).result() for key in "bc"] == ["x", "y"]
        one.submit(first.close).result()
        other.submit(second.close).result()


async def test_other_content_is_another_call(journal: Open) -> None:
    provider = FakeProvider(lambda call: "yes")
    opened = journal(provider)
    for each in (call(), call("y"), call(sample=1), Call(call().messages, temperature=0.7)):
        await opened.complete(each)
    assert len(provider.calls) == 4


async def test_what_needs_the_same_at_once_pays_once(journal: Open) -> None:
    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            await asyncio.sleep(0.05)
            return await super().complete(call)

    provider = Slow(lambda call: "yes")
    opened = journal(provider)
    replies = await asyncio.gather(*(opened.complete(call()) for _ in range(10)))
    assert len(provider.calls) == 1
    assert sorted(reply.from_journal for reply in replies) == [False] + [True] * 9


async def test_two_runs_of_one_process_at_once_pay_once(journal: Open) -> None:
    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            await asyncio.sleep(0.1)
            return await super().complete(call)

    provider = Slow(lambda call: "yes")
    one = journal(provider, "one")
    await asyncio.gather(one.complete(call()), one.complete(call("y")))
    assert len(provider.calls) == 2


async def test_replay_asks_nobody_and_names_a_call_that_is_missing(journal: Open) -> None:
    provider = FakeProvider(lambda call: "yes")
    await journal(provider).complete(call())
    replay = journal(provider, "replay", "replay")
    assert (await replay.complete(call())).text == "yes"
    with refused(JournalError, "call-not-recorded", "another text"):
        await replay.complete(call("another text"))
    assert len(provider.calls) == 1


async def test_a_run_replays_from_its_own_directory_alone(tmp_path: Path, journal: Open) -> None:
    provider = FakeProvider(lambda call: "yes")
    await journal(provider).complete(call())
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "journal.jsonl").write_text((tmp_path / "run" / "journal.jsonl").read_text())
    log = RunCallLog(moved / "journal.jsonl")
    dead = FakeProvider(lambda call: ProviderError("no network"))
    alone = Journal(dead, provider.describe, log=log, store=None, mode="replay")
    assert (await alone.complete(call())).text == "yes"
    log.close()


async def test_refresh_asks_anew_once_a_run_and_writes_it_down(journal: Open) -> None:
    answers = iter(["old", "new", "never"])
    provider = FakeProvider(lambda call: next(answers))
    await journal(provider).complete(call())
    fresh = journal(provider, "fresh", "refresh")
    assert [(await fresh.complete(call())).text for _ in range(2)] == ["new", "new"]
    assert (await journal(provider, "later").complete(call())).text == "new"


async def test_off_reads_and_writes_nothing_shared(tmp_path: Path) -> None:
    provider = FakeProvider(lambda call: "yes")
    log = RunCallLog(tmp_path / "journal.jsonl")
    off = Journal(provider, provider.describe, log=log, store=None, mode="off")
    await off.complete(call())
    assert not list(tmp_path.glob("*.sqlite"))
    log.close()


async def test_a_failed_call_is_not_written_down_and_may_be_asked_again(journal: Open) -> None:
    answers: Iterator[Any] = iter([CallFailed("overloaded"), "yes"])
    provider = FakeProvider(lambda call: next(answers))
    opened = journal(provider)
    with pytest.raises(CallFailed):
        await opened.complete(call())
    assert (await opened.complete(call())).text == "yes"


async def test_an_answer_under_way_is_written_down_though_nobody_waits(tmp_path: Path, journal: Open) -> None:
    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            await asyncio.sleep(0.1)
            return await super().complete(call)

    provider = Slow(lambda call: "paid for")
    opened = journal(provider)
    waiting = asyncio.create_task(opened.complete(call()))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await opened.close()
    assert "paid for" in (tmp_path / "run" / "journal.jsonl").read_text()
    assert (await journal(FakeProvider(lambda call: ProviderError("gone")), "next").complete(call())).text == "paid for"


async def test_it_is_on_disk_before_anything_uses_it(tmp_path: Path, journal: Open) -> None:
    await journal(FakeProvider(lambda call: "yes")).complete(call())
    rows = sqlite3.connect(tmp_path / "shared.sqlite")
    assert rows.execute("SELECT count(*) FROM replies").fetchone() == (1,)
    rows.close()


async def test_a_resumed_run_counts_what_it_paid_before_as_paid(journal: Open) -> None:
    provider = FakeProvider(lambda call: "yes")
    await journal(provider).complete(call())
    resumed = journal(provider)
    first, second = await resumed.complete(call()), await resumed.complete(call())
    assert (first.from_journal, second.from_journal) == (False, True)
    assert len(provider.calls) == 1


def test_a_cut_off_last_line_loses_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    log = RunCallLog(path)
    for key in ("a", "b"):
        log.add(key, packed(Reply(key)), paid=True)
    log.add("a", packed(Reply("twice")), paid=True)
    log.close()
    whole = path.read_bytes()
    for cut in (1, 20, len(whole.splitlines()[1])):
        path.write_bytes(whole[:-cut])
        again = RunCallLog(path)
        assert set(again.known) == {"a"}
        again.add("c", packed(Reply("c")), paid=False)
        again.close()
        third = RunCallLog(path)
        assert set(third.known) == {"a", "c"}
        third.close()


def test_a_damaged_line_ends_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"v": 1, "key": "a", "paid": true, "reply": {"text": "x"}}\n{"v": 1}\n{"v": 1, "key": "c"}\n')
    log = RunCallLog(path)
    assert set(log.known) == {"a"}
    log.close()


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "j.sqlite").close()
    rows = sqlite3.connect(tmp_path / "j.sqlite")
    rows.execute("PRAGMA user_version=99")
    rows.close()
    with refused(JournalError, "newer-version", tmp_path / "j.sqlite", "version 99"):
        Store(tmp_path / "j.sqlite")
    (tmp_path / "journal.jsonl").write_text('{"v": 99, "key": "a", "paid": true, "reply": {}}\n')
    with refused(JournalError, "newer-version", tmp_path / "journal.jsonl", "version 99"):
        RunCallLog(tmp_path / "journal.jsonl")


@pytest.mark.parametrize(("name", "code"), [("text.sqlite", "damaged-file"), ("folder", "unreadable")], ids=str)
def test_what_is_no_journal_is_named(tmp_path: Path, name: str, code: Code) -> None:
    (tmp_path / "text.sqlite").write_text("this is a text, and long enough to be no database " * 50)
    (tmp_path / "folder").mkdir()
    with refused(JournalError, code, tmp_path / name):
        Store(tmp_path / name)


async def test_a_bug_in_a_batch_reaches_who_waits_and_locks_nobody_out(tmp_path: Path) -> None:
    class Buggy(dict[str, str]):
        def items(self) -> Any:
            yield "a", "1"
            yield "b", str(1 / 0)

    store = Store(tmp_path / "shared.sqlite")
    with pytest.raises(ZeroDivisionError):
        await store.fill(Buggy())
    other = Store(tmp_path / "shared.sqlite")
    await asyncio.wait_for(other.put("b", "2"), 5)
    assert await store.get("b") == "2"
    assert await store.get("a") is None  # it went back with its batch
    store.close()
    other.close()


async def test_a_full_disk_is_said_and_hurts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j.sqlite"
    connect = sqlite3.connect

    def small(*given: Any, **named: Any) -> sqlite3.Connection:
        made = connect(*given, **named)
        made.execute("PRAGMA max_page_count=8")
        return made

    monkeypatch.setattr(sqlite3, "connect", small)
    store = Store(path)
    await store.put("a", packed(Reply("kept")))
    with refused(JournalError, "disk-full", path):
        for number in range(50):
            await store.put(f"k{number}", packed(Reply("x" * 5000)))
    assert await store.get("a") == packed(Reply("kept"))
    store.close()
    again = Store(path)
    assert await again.get("a") == packed(Reply("kept"))
    again.close()


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=8
)


@given(st.dictionaries(st.text(), json_like))
def test_a_key_follows_the_content_and_not_its_order(content: dict[str, Any]) -> None:
    turned = dict(reversed(list(content.items())))
    assert key_of(content) == key_of(turned)
    assert key_of(content) != key_of({**content, "another key of the tests": 1})


@given(st.text(), st.sampled_from(["stop", "length", "refusal"]), st.none() | st.floats(0, 9))
def test_a_reply_is_read_as_it_was_written(text: str, finish: Any, cost: float | None) -> None:
    reply = Reply(text, finish, 3, 4, cost, 0.5)
    assert unpacked(packed(reply), from_journal=False) == reply


def _ask(path: Path, counter: Path, name: str) -> None:
    class Counting(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            with counter.open("a") as lines:
                lines.write("asked\n")
            await asyncio.sleep(0.3)
            return Reply("yes")

    async def run() -> None:
        store = Store(path)
        folder = path.parent / name
        folder.mkdir()
        log = RunCallLog(folder / "journal.jsonl")
        provider = Counting(lambda call: "")
        opened = Journal(provider, provider.describe, log=log, store=store, mode="use")
        replies = await asyncio.gather(*(opened.complete(call(str(number))) for number in range(5)))
        assert [reply.text for reply in replies] == ["yes"] * 5
        log.close()
        store.close()

    asyncio.run(run())


def test_processes_that_need_the_same_calls_pay_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    counter = tmp_path / "counter"
    counter.touch()
    processes = [context.Process(target=_ask, args=(tmp_path / "j.sqlite", counter, f"run{n}")) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(counter.read_text().splitlines()) == 5


def _claim_and_hang(path: Path, ready: Path) -> None:
    async def run() -> None:
        store = Store(path)
        assert await store.take("k") == (None, True)
        ready.touch()
        await asyncio.sleep(60)

    asyncio.run(run())


async def test_the_claim_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_claim_and_hang, args=(tmp_path / "j.sqlite", tmp_path / "ready"))
    process.start()
    deadline = time.monotonic() + 30
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    store = Store(tmp_path / "j.sqlite")
    assert await store.take("k") == (None, False)  # it lives, and is asking
    process.kill()
    process.join(10)
    assert await store.take("k") == (None, True)
    await store.release("k")
    assert json.dumps(await store.get("k")) == "null"
    store.close()


def test_of_the_ways_in_which_a_call_failed_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    log = RunCallLog(path)
    for kind in ("overloaded", "overloaded", "timeout"):
        log.add_failed("a", kind, f"{kind} it was")  # type: ignore[arg-type]
    log.add("b", "{}", paid=True)
    log.close()
    assert len(path.read_text().splitlines()) == 3
    again = RunCallLog(path)
    assert again.failed == {"a": ("timeout", "timeout it was")} and list(again.known) == ["b"]
    again.close()


async def test_however_slow_the_disk_little_is_unwritten(
    journal: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered and is not on disk is lost by a kill: never more of it than calls at once."""
    written: list[str] = []

    async def slow(key: str, reply: str) -> None:
        await asyncio.sleep(0.05)
        written.append(key)

    monkeypatch.setattr(store, "put", slow)
    provider = FakeProvider(lambda call: "yes")
    ahead: list[int] = []

    def answer(call: Call) -> str:
        ahead.append(len(provider.calls) - len(written))
        return "yes"

    provider.answer = answer
    asked = journal(provider)
    await asyncio.gather(*(asked.complete(call(str(number))) for number in range(60)))
    assert len(written) == 60
    assert max(ahead) <= 2 * provider.rate_limits.concurrency
