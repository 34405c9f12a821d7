"""A prompt that chooses its examples may choose select items too, once the search is over, and if that is no worse."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import experiment, lines, read
from fakes import FakeProvider, knows

from runner.core.calls import Call
from runner.core.prompt import Demo, Prompt
from runner.core.twins import twin_form
from runner.experiment.estimate import calls_at_most
from runner.experiment.loop import Loop
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.providers.middleware.limits import Limits


@dataclass
class Nearest:
    """Proposes one prompt that chooses two examples of the first ``pool`` reflect items."""

    pool: int = 99
    nearest: tuple[int, ...] = (2,)

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return select, 0

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        demos = [Demo(item.text, item.gold or ()) for item in bench.reflect[: self.pool]]
        prompt = bench.initial.with_demos(demos, turns=True, nearest=2)
        yield Step([Candidate(await bench.evaluate(prompt), bench.initial, "nearest")])


def copies(call: Call) -> str:
    """The answer of the example beside the text, where there is one."""
    return call.messages[-2]["content"] if len(call.messages) > 2 else "none"


def grows(call: Call) -> str:
    """Right where the examples beside the text hold its labels."""
    shown = " ".join(message["content"] for message in call.messages[1:-1] if message["role"] == "assistant")
    right = knows("red", "green", "blue")(call)
    return right if all(name in shown for name in str(right).split(", ")) else "none"


def forgets(call: Call) -> str:
    """Never right with an example from the select items, which the first search did not have."""
    return "none" if len(call.messages) < 3 or seen(call) & SELECT else str(knows("red", "green", "blue")(call))


SELECT: set[str] = set()


def seen(call: Call) -> set[str]:
    return {message["content"] for message in call.messages[1:-1] if message["role"] == "user"}


async def test_select_items_become_examples_and_the_sealed_items_judge_that_prompt(tmp_path: Path) -> None:
    labeller = FakeProvider(grows)
    given = experiment(tmp_path, strategy=Nearest(pool=3), labeller=labeller)
    result = await Loop(given).run()
    first, found, wider = lines(tmp_path / "epochs.jsonl")
    best = Prompt((tmp_path / "best_prompt.txt").read_text())
    texts = {item.text for item in given.split.select}
    assert (first["epoch"], found["epoch"], wider["epoch"]) == (0, 1, 2)
    assert result.best.epoch == 2 and result.epochs == 1
    assert wider["candidates"][0]["change"] == "10 select items among its examples too"
    assert wider["candidates"][0]["parent"] == found["best"]["prompt"]
    assert {demo.text for demo in best.demos} == texts | {item.text for item in given.split.reflect[:3]}
    assert best.nearest == 2 and wider["best"]["prompt"] == best.fingerprint
    sealed = {item.text for item in given.split.test}
    asked = [call for call in labeller.calls if call.messages[-1]["content"] in sealed and len(call.messages) > 2]
    assert len(asked) == len(sealed) and any(seen(call) & texts for call in asked)
    assert read(tmp_path)["best"]["test"] == result.best.test > result.initial.test


async def test_no_text_is_shown_with_its_own_answer_and_the_search_sees_no_select_item(tmp_path: Path) -> None:
    labeller = FakeProvider(copies)
    given = experiment(tmp_path, strategy=Nearest(), labeller=labeller)
    await Loop(given).run()
    texts, search = {item.text for item in given.split.select}, 0
    for call in labeller.calls:
        assert twin_form(call.messages[-1]["content"]) not in set(map(twin_form, seen(call)))
        if call.messages[-1]["content"] in texts and len(call.messages) > 2 and not seen(call) & texts:
            search += 1
    assert search >= len(texts)


async def test_a_wider_choice_that_is_worse_is_not_kept(tmp_path: Path) -> None:
    given = experiment(tmp_path, strategy=Nearest(), labeller=FakeProvider(forgets))
    SELECT.update(item.text for item in given.split.select)
    result = await Loop(given).run()
    rows = lines(tmp_path / "epochs.jsonl")
    assert rows[2]["candidates"][0]["select"] < rows[1]["best"]["select"]
    assert result.best.epoch == 1
    assert not {demo.text for demo in Prompt((tmp_path / "best_prompt.txt").read_text()).demos} & SELECT


async def test_it_is_counted_before_and_never_takes_what_the_sealed_test_needs(tmp_path: Path) -> None:
    labeller = FakeProvider(grows)
    most = calls_at_most(experiment(tmp_path / "a", strategy=Nearest(pool=3), epochs=1))
    assert most == (10 + 10 + 10 + 2 * 12, 0)
    await Loop(experiment(tmp_path / "b", strategy=Nearest(pool=3), labeller=labeller, epochs=1)).run()
    assert len(labeller.calls) == most[0]
    short = await Loop(
        experiment(tmp_path / "c", strategy=Nearest(pool=3), labeller=FakeProvider(grows), limits=Limits(calls=50))
    ).run()
    assert short.best.epoch == 1 and short.best.test is not None and short.calls.total <= 50


@pytest.mark.parametrize("nearest", [0, 1])
@pytest.mark.parametrize("epochs", [0, 3])
async def test_fixed_examples_stay_and_who_only_measures_gets_no_other_prompt(
    tmp_path: Path, nearest: int, epochs: int
) -> None:
    pool = (Demo("a red item", ("red",)), Demo("a blue item", ("blue",)))
    given = Prompt("Name the colours.", pool, turns=True, nearest=nearest)
    await Loop(experiment(tmp_path, initial=given, labeller=FakeProvider(grows), epochs=epochs)).run()
    assert len(lines(tmp_path / "epochs.jsonl")) == 1
    assert Prompt((tmp_path / "best_prompt.txt").read_text()) == given
