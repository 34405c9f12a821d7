"""optimizer=gepa_official: the package on our workbench; every call is ours, and it stops when the loop says so."""

import asyncio
import json
import signal
import threading
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from builders import DEFINED, SELECT, START, bench, experiment, lines, steps
from endpoint import Endpoint
from fakes import FakeProvider, knows, said
from goldloop_process import Goldloop

from runner.core.calls import Call, Reply
from runner.core.stop import Stop
from runner.experiment.loop import Loop
from runner.optimizers.gepa_official import GepaOfficial
from runner.providers.middleware.limits import Limits
from verifiers.label_set import LabelSet

pytestmark = [pytest.mark.unforked]

pytest.importorskip("gepa", reason="needs the extra gepa")


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "gepa"]


def writes(*sentences: str) -> FakeProvider:
    """A rewriter that adds one of these sentences after the other, in the form the package asks for."""
    return FakeProvider(
        lambda call: f"Here:\n```\n{START.instructions}\n{sentences[call.sample % len(sentences)]}\n```"
    )


NO_HELP = ("Be calm and take your time.", "Answer quickly, with no doubts.", "Mind what people want to say.")


def learns() -> FakeProvider:
    """A rewriter that adds to the prompt it is shown what is missing in it."""

    def answer(call: Call) -> str:
        shown = call.messages[-1]["content"].split("```")[1].strip()
        return f"```\n{shown}\nlook for {'blue' if 'look for green' in shown else 'green'} in every text\n```"

    return FakeProvider(answer)


async def test_the_package_finds_what_is_missing_and_its_children_have_parents() -> None:
    found = await steps(GepaOfficial(), bench(rewriter=learns()), epochs=4)
    candidates = [candidate for step in found for candidate in step.candidates]
    assert max(candidate.reward for candidate in candidates) == 1.0
    assert candidates[0].parent == START
    known = [START, *(candidate.prompt for candidate in candidates)]
    assert all(candidate.parent in known for candidate in candidates)


async def test_the_rewriter_reads_the_package_s_prompt_with_our_verdicts_and_no_select_item() -> None:
    rewriter = learns()
    on = bench(rewriter=rewriter, labels=DEFINED)
    await steps(GepaOfficial(), on)
    first = said(rewriter.calls)[0]
    assert "I provided an assistant with the following instructions" in first and START.instructions in first
    assert "Missing: " in first and " means: look for " in first
    assert first.count("# Example") == 3
    assert not any(item.text in text for text in said(rewriter.calls) for item in SELECT)
    await steps(GepaOfficial(), bench(rewriter=rewriter, labels=LabelSet.of(DEFINED)), epochs=1)
    assert " means: " not in said(rewriter.calls)[-1]


@pytest.mark.parametrize(
    ("reply", "reason", "admit"),
    [
        (Reply("```\nName the", "length"), "truncated", False),
        ("", "incomplete", False),
        ("```\nSay what you see.\n```", "label_list_lost", True),
    ],
)
async def test_what_is_refused_costs_no_labeller_call(reply: str | Reply, reason: str, admit: bool) -> None:
    labeller = FakeProvider(lambda call: "none")
    on = bench(labeller, FakeProvider(lambda call: reply))
    [step] = await steps(GepaOfficial(iterations=4, admit=admit), on, epochs=1)
    assert step.candidates == [] and step.rejected == {reason: 4}
    assert {call.messages[0]["content"] for call in labeller.calls} == {START.instructions}


async def test_without_admission_its_prompts_are_measured_as_they_are() -> None:
    labeller = FakeProvider(knows("red"))
    on = bench(labeller, FakeProvider(lambda call: "```\nSay what you see. look for green\n```"))
    [step] = await steps(GepaOfficial(admit=False), on, epochs=1)
    assert [candidate.prompt.instructions for candidate in step.candidates] == ["Say what you see. look for green"]


async def test_no_gain_and_nothing_wrong_are_counted() -> None:
    [step] = await steps(GepaOfficial(iterations=3), bench(rewriter=writes(*NO_HELP)), 1)
    assert step.rejected["not_better"] >= 1 and step.candidates == []
    [step] = await steps(GepaOfficial(iterations=3), bench(FakeProvider(knows("red", "green", "blue"))), 1)
    assert step.rejected == {"nothing_wrong": 3}


async def test_another_seed_searches_differently() -> None:
    async def shown(seed: int) -> list[str]:
        rewriter = learns()
        await steps(GepaOfficial(), bench(rewriter=rewriter, seed=seed))
        return said(rewriter.calls)

    assert await shown(1) == await shown(1) != await shown(2)


async def test_it_asks_nothing_while_nobody_waits_and_its_thread_goes_with_the_generator() -> None:
    labeller = FakeProvider(knows("red"))
    async with aclosing(GepaOfficial().run(bench(labeller, learns()))) as found:
        await anext(found)
        asked = len(labeller.calls)
        await asyncio.sleep(0.02)
        assert (len(labeller.calls), threads()) == (asked, ["gepa"])
    assert (len(labeller.calls), threads()) == (asked, [])


async def test_a_budget_that_is_spent_ends_it_with_every_call_in_the_journal(tmp_path: Path) -> None:
    labeller, rewriter = FakeProvider(knows("red")), learns()
    made = experiment(
        tmp_path, strategy=GepaOfficial(), labeller=labeller, rewriter=rewriter, epochs=50, limits=Limits(calls=60)
    )
    result = await Loop(made).run()
    assert (result.status, result.stop) == ("stopped", Stop("budget", "calls", 60))
    assert result.decision
    assert len(labeller.calls) + len(rewriter.calls) == len(lines(tmp_path / "journal.jsonl")) <= 60
    assert threads() == []


async def test_the_run_is_replayed_from_its_journal(tmp_path: Path) -> None:
    first = await Loop(
        experiment(tmp_path / "a", strategy=GepaOfficial(), rewriter=learns(), journal_path=tmp_path / "j")
    ).run()
    dead = FakeProvider(lambda call: AssertionError("a replay asks nobody"))
    again = experiment(
        tmp_path / "b", strategy=GepaOfficial(), labeller=dead, rewriter=dead, journal_path=tmp_path / "j",
        journal_mode="replay",
    )  # fmt: skip
    second = await Loop(again).run()
    assert first.best == second.best and first.best.epoch > 0


def test_ctrl_c_in_the_midst_of_it_ends_the_process(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    running = goldloop.start(*words, "optimizer=gepa_official", "epochs=99")
    deadline = time.monotonic() + 60
    while not any("I provided an assistant" in str(body) for body in endpoint.requests):
        assert time.monotonic() < deadline and running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert (running.returncode, "Traceback" in error) == (130, False)
    [path] = goldloop.directory.glob("outputs/*/*/result.json")
    result = json.loads(path.read_text())
    assert (result["status"], result["stop_reason"]) == ("stopped", "Ctrl-C")
    unrecorded = len(lines(path.parent / "journal.jsonl")) - result["calls"]["total"]
    assert 0 <= unrecorded <= 1  # the question that was in flight
