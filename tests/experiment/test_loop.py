"""The loop: what it measures, keeps, writes and says, and that nothing is lost when it ends early."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from builders import SIZES, Scripted, experiment, lines, read
from fakes import LABELS, FakeProvider, failing, items, knows
from refusals import refused

from runner.core.calls import Call
from runner.core.errors import CallFailed, ProviderError, TooManyFailed
from runner.core.prompt import Prompt
from runner.core.run_result import CallCounts, TokenCounts
from runner.datasets.split import split
from runner.experiment.loop import Loop
from runner.experiment.strategy import Candidate, Step
from runner.providers.middleware.limits import Limits
from runner.runs.json_records import to_json


@dataclass
class Witness:
    """A tracker that remembers what it was told."""

    told: list[str] = field(default_factory=list)
    epochs: list[Any] = field(default_factory=list)
    result: Any = None
    fails_at: str = ""

    def _note(self, what: str) -> None:
        self.told.append(what)
        if what == self.fails_at:
            raise OSError("the tracker is down")

    def start(self, run: Any) -> None:
        self._note("start")

    def progress(self, progress: Any, usage: Any) -> None:
        assert 0 <= progress.reward() <= 1
        assert 0 <= progress.done <= progress.total

    def epoch(self, record: Any) -> None:
        self.epochs.append(record)
        self._note("epoch")

    def finish(self, result: Any, predictions: Any, prompts: Any) -> None:
        self.result = result
        self._note("finish")

    def close(self) -> None:
        self._note("close")


async def test_the_best_measured_prompt_is_kept_not_the_last(tmp_path: Path) -> None:
    strategy = Scripted(["look for green, look for blue", "look for green", "do your best"])
    result = await Loop(experiment(tmp_path, strategy=strategy)).run()
    assert result.best.epoch == 1
    assert result.best.select == result.best.test == 1.0
    assert result.initial.select < 1
    assert "look for green, look for blue" in (tmp_path / "best_prompt.txt").read_text()
    assert result.stop_reason == "all epochs done"
    assert to_json(result) == read(tmp_path)


async def test_of_equal_prompts_the_earlier_is_kept(tmp_path: Path) -> None:
    result = await Loop(experiment(tmp_path, strategy=Scripted(["one", "two"]))).run()
    assert result.best.epoch == 0
    assert result.decision.difference == 0
    assert result.stop_reason == "the strategy has nothing more to propose"


async def test_a_clear_gain_is_decided_and_a_loss_is_named(tmp_path: Path) -> None:
    better = await Loop(experiment(tmp_path / "a", strategy=Scripted(["look for green, look for blue"]))).run()
    assert better.decision.verdict == "better"
    assert better.decision.p < 0.05
    assert better.decision.interval[0] > 0
    assert better.decision.items == 12


async def test_patience_ends_the_search(tmp_path: Path) -> None:
    result = await Loop(experiment(tmp_path, strategy=Scripted(list("abc")), patience=2)).run()
    assert result.epochs == 2
    assert "patience" in result.stop_reason


async def test_no_epochs_measures_the_initial_prompt_only(tmp_path: Path) -> None:
    labeller = FakeProvider(knows("red"))
    result = await Loop(experiment(tmp_path, labeller=labeller, rewriter=labeller, epochs=0)).run()
    assert result.stop_reason == "epochs=0"
    assert len(labeller.calls) == 10 + 12
    assert labeller.closed


async def test_the_sealed_items_are_asked_last_and_once_for_each_prompt(tmp_path: Path) -> None:
    labeller = FakeProvider(knows("red"))
    running = experiment(tmp_path, labeller=labeller, strategy=Scripted(["look for green"]))
    await Loop(running).run()
    sealed = {item.text for item in running.split.test}
    asked = [call.messages[-1]["content"] for call in labeller.calls]
    first = min(place for place, text in enumerate(asked) if text in sealed)
    assert set(asked[first:]) == sealed
    assert len(asked[first:]) == 2 * len(sealed)


async def test_without_a_split_nothing_is_sealed_and_the_result_says_so(tmp_path: Path) -> None:
    made = items()
    result = await Loop(experiment(tmp_path, split=split(made, "none", 1), strategy=Scripted(["look for blue"]))).run()
    assert result.split == "none"
    assert result.sealed is False
    assert result.initial.test is result.best.test is result.decision is None
    assert len(lines(tmp_path / "predictions.jsonl")) == len(made)
    assert result.calls.total == 2 * len(made)


async def test_what_an_epoch_fixed_and_broke_is_written_down(tmp_path: Path) -> None:
    await Loop(experiment(tmp_path, strategy=Scripted(["look for green, look for blue"]))).run()
    first, second = lines(tmp_path / "epochs.jsonl")
    assert (first["epoch"], first["candidates"]) == (0, [])
    [candidate] = second["candidates"]
    assert candidate["broken"] == []
    assert len(candidate["fixed"]) > 3
    assert candidate["broken_pairs"] == {}
    assert sum(candidate["fixed_pairs"].values()) >= len(candidate["fixed"])
    assert set(candidate["fixed_pairs"]) <= {"green → nothing", "blue → nothing"}
    assert (first["calls"], second["calls"]) == (10, 20)
    assert (first["worth_usd"], second["worth_usd"]) == (0.01, 0.02)
    assert candidate["parents"] == [first["best"]["prompt"]] == [candidate["parent"]]
    assert "+look for green, look for blue" in candidate["diff"]
    assert candidate["text"].endswith("look for green, look for blue")
    assert second["rejected"] == {"copy": 1}
    assert second["best"]["select"] == 1.0


async def test_predictions_show_both_prompts_and_each_verdict(tmp_path: Path) -> None:
    await Loop(experiment(tmp_path, strategy=Scripted(["look for green, look for blue"]))).run()
    rows = lines(tmp_path / "predictions.jsonl")
    assert len(rows) == 12
    assert all(row["exact"] and sorted(row["prediction"]) == sorted(row["gold"]) for row in rows)
    assert any(not row["initial_exact"] for row in rows)
    assert all(row["verdict"].startswith("Right: ") and row["reply"] for row in rows)


async def test_figures_of_the_whole_are_there(tmp_path: Path) -> None:
    result = await Loop(experiment(tmp_path)).run()
    assert result.calls == CallCounts(total=22, provider=22, journal=0, failed=0, retries=0)
    assert result.tokens == TokenCounts(input=220, output=44)
    assert result.cost_usd == pytest.approx(0.022)
    assert set(result.metrics.per_label) == set(LABELS)
    assert result.metrics.per_label["green"].recall == 0
    assert result.versions["goldloop"]


async def test_failed_calls_are_counted_and_not_scored(tmp_path: Path) -> None:
    result = await Loop(experiment(tmp_path, labeller=FakeProvider(failing("content_filter", 5)), max_failed=0.5)).run()
    assert result.best.select == result.best.test == 1.0
    assert result.failures.labeller == {"content_filter": 4}
    assert result.calls.failed == 4
    failed = [row for row in lines(tmp_path / "predictions.jsonl") if row["failure"]]
    assert all(row["prediction"] is None and row["verdict"] is None for row in failed)


async def test_a_prompt_is_not_better_by_a_call_that_failed(tmp_path: Path) -> None:
    wrong = next(item for item in experiment(tmp_path).split.select if "red" not in (item.gold or ()))

    def answer(call: Call) -> Any:
        failed = "Look well" in call.messages[0]["content"] and wrong.text in call.messages[-1]["content"]
        return CallFailed("timeout") if failed else knows("red")(call)

    strategy, labeller = Scripted(["Look well.", "look for green"]), FakeProvider(answer)
    result = await Loop(experiment(tmp_path, strategy=strategy, labeller=labeller, patience=1)).run()
    first, second = lines(tmp_path / "epochs.jsonl")
    assert second["candidates"][0]["select"] > first["best"]["select"]  # of nine items, and not of ten
    assert (result.best.epoch, result.stop_reason) == (0, "no better prompt in 1 epochs (patience)")


@pytest.mark.parametrize("kind", ["context_too_long", "content_filter"])
async def test_a_prompt_that_the_model_cannot_take_is_worth_nothing_and_the_search_goes_on(
    tmp_path: Path, kind: str
) -> None:
    made = experiment(tmp_path)
    long = [made.split.select[0].text, made.split.test[0].text]  # one each is too long with any prompt

    def answer(call: Call) -> Any:
        failed = "so many words" in call.messages[0]["content"] or any(
            one in call.messages[-1]["content"] for one in long
        )
        return CallFailed(kind) if failed else knows("red")(call)  # type: ignore[arg-type]

    strategy, labeller = Scripted(["so many words", "look for green"]), FakeProvider(answer)
    result = await Loop(experiment(tmp_path, strategy=strategy, labeller=labeller)).run()
    records = lines(tmp_path / "epochs.jsonl")
    assert [record["candidates"][0]["select"] == 0 for record in records[1:]] == [True, False]
    assert (result.status, result.best.epoch) == ("finished", 2)
    assert result.decision.items == 11
    assert records[1]["candidates"][0]["f1"] == 0.0
    assert result.failures.labeller[kind] == 1 + 10 + 1 + 2  # with three prompts on select, and twice sealed


async def test_what_was_measured_when_the_budget_ended_is_written_down_in_an_order_that_repeats(tmp_path: Path) -> None:
    @dataclass
    class Endless:
        """Measures these prompts one after the other in its first epoch, which never ends."""

        sentences: list[str]

        async def run(self, bench: Any) -> Any:
            for sentence in self.sentences:
                await bench.evaluate(Prompt(f"{bench.initial.instructions}\n{sentence}"))
            yield Step([])

    async def found(names: list[str]) -> list[str]:
        calls = 4 * SIZES["select"] + 2 * SIZES["test"]
        directory = tmp_path / "".join(names)
        strategy, limits = Endless([*names, "one too many"]), Limits(calls=calls)
        result = await Loop(experiment(directory, strategy=strategy, limits=limits)).run()
        assert result.status == "stopped"
        return [candidate["text"] for candidate in lines(directory / "epochs.jsonl")[-1]["candidates"]]

    one, other = await found(["b", "a", "c"]), await found(["c", "b", "a"])
    assert one == other and sorted(text[-1] for text in one) == ["a", "b", "c"]


async def test_too_many_failed_calls_end_the_run_with_all_that_was_kept(tmp_path: Path) -> None:
    with refused(TooManyFailed, "too-many-failed", "content_filter", "2 of 10", "max_failed="):
        await Loop(experiment(tmp_path, labeller=FakeProvider(failing("content_filter", 5)))).run()
    assert read(tmp_path)["status"] == "failed"
    assert "max_failed=0.02" in read(tmp_path)["stop_reason"]


async def test_bad_replies_are_counted_by_name(tmp_path: Path) -> None:
    replies = {"red": "I am sorry, I cannot help.", "green": "well, that is quite hard to say, I would think so"}

    def answer(call: Any) -> str:
        text = call.messages[-1]["content"]
        return next((reply for word, reply in replies.items() if word in text), "purple, blue")

    result = await Loop(experiment(tmp_path, labeller=FakeProvider(answer))).run()
    assert set(result.failures.labeller) == {"refused", "unreadable", "out_of_list"}


async def test_a_bug_in_a_strategy_ends_the_run_with_its_traceback_and_keeps_the_rest(tmp_path: Path) -> None:
    class Broken:
        async def run(self, bench: Any) -> Any:
            yield Step([Candidate(await bench.evaluate(Prompt("look for blue")), bench.initial, "")])
            raise KeyError("a bug")

    with pytest.raises(KeyError):
        await Loop(experiment(tmp_path, strategy=Broken())).run()
    result = read(tmp_path)
    assert (result["status"], result["epochs"]) == ("failed", 1)
    assert "KeyError" in result["stop_reason"]
    assert (tmp_path / "best_prompt.txt").exists()


async def test_a_provider_that_is_gone_ends_the_run_at_once(tmp_path: Path) -> None:
    labeller = FakeProvider(lambda call: ProviderError("wrong key"), concurrency=1)
    with pytest.raises(ProviderError):
        await Loop(experiment(tmp_path, labeller=labeller)).run()
    assert len(labeller.calls) == 1
    assert labeller.closed
    assert read(tmp_path)["initial"]["select"] is None


async def test_a_secret_in_an_error_does_not_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "very-secret-value")
    labeller = FakeProvider(lambda call: ProviderError("refused very-secret-value"))
    with pytest.raises(ProviderError):
        await Loop(experiment(tmp_path, labeller=labeller)).run()
    assert "very-secret-value" not in (tmp_path / "result.json").read_text()


@pytest.mark.parametrize("moment", ["start", "epoch", "finish", "close"])
async def test_a_tracker_that_fails_does_not_hurt_the_run(tmp_path: Path, moment: str) -> None:
    bad, good = Witness(fails_at=moment), Witness()
    result = await Loop(experiment(tmp_path, trackers=[bad, good], strategy=Scripted(["x"]))).run()
    assert result.status == "finished"
    assert good.told == ["start", "epoch", "epoch", "finish", "close"]
    assert to_json(good.result) == read(tmp_path)
    assert bad.told[-1] == moment


async def test_trackers_are_closed_when_the_run_fails(tmp_path: Path) -> None:
    witness = Witness()
    with pytest.raises(ProviderError):
        await Loop(
            experiment(tmp_path, trackers=[witness], labeller=FakeProvider(lambda call: ProviderError("x")))
        ).run()
    assert witness.told == ["start", "close"]


async def test_all_calls_failing_leaves_no_comparison(tmp_path: Path) -> None:
    labeller = FakeProvider(lambda call: CallFailed("content_filter"))
    result = await Loop(experiment(tmp_path, labeller=labeller, max_failed=1.0)).run()
    assert result.decision is None
    assert result.best.test == 0.0


async def test_an_unknown_price_makes_the_sum_unknown(tmp_path: Path) -> None:
    from runner.core.calls import Reply

    result = await Loop(experiment(tmp_path, labeller=FakeProvider(lambda call: Reply("red")))).run()
    assert result.cost_usd is None
