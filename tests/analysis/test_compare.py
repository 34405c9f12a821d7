"""goldloop compare: what may stand side by side, what cannot be told from the best, and what a person is shown."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from refusals import refused
from run_directories import make_run
from scipy import stats

from runner.analysis.compare.html import takeaway, write_comparison
from runner.analysis.compare.ranking import comparison
from runner.analysis.compare.runs import entries
from runner.analysis.compare.write import findings
from runner.core.errors import DataError


def found(paths: list[Path]) -> dict[str, Any]:
    return comparison(*entries(paths))


def test_the_set_that_cannot_be_told_from_the_best_and_its_cheapest_and_fastest(tmp_path: Path) -> None:
    right = [True] * 36 + [False] * 4
    paths = [
        make_run(tmp_path / "0", right, "provider=a", cost=0.02, pace=2.0),
        make_run(tmp_path / "1", [*right[1:], True][::-1], "provider=b", cost=0.01, pace=0.2),
        make_run(tmp_path / "2", [True] * 34 + [False] * 6, "provider=c", cost=0.001, pace=1.0),
        make_run(tmp_path / "3", [True] * 10 + [False] * 30, "provider=d", cost=0.0001, pace=0.1),
    ]
    seen = found(paths)
    assert [run["name"] for run in seen["runs"]] == ["provider=a", "provider=b", "provider=c", "provider=d"]
    assert seen["cannot_tell"] == ["provider=a", "provider=b", "provider=c"]
    assert (seen["cheapest"], seen["fastest"]) == ("provider=c", "provider=b")
    assert [run["front"] for run in seen["runs"]] == [False, True, True, True]  # a equals b and costs more
    worst = seen["runs"][-1]
    assert worst["p_best_adjusted"] < 0.001
    assert worst["interval"] == pytest.approx(list(stats.binomtest(10, 40).proportion_ci(method="wilson")), abs=1e-4)


def test_what_is_reached_without_a_model_stands_beside_the_runs(tmp_path: Path) -> None:
    decision = {"verdict": "undecided", "difference": 0.1, "interval": [-0.1, 0.2], "p": 0.3, "items": 20,
                "items_needed": 90}  # fmt: skip
    few, many = ({"reward": 0.8, "interval": [0.6, 0.9], "learnt": count, "decision": decision} for count in (20, 30))
    base = {"constant": {"labels": [], "reward": 0.1}, "no_prompt": {"reward": None}}
    paths = [
        make_run(tmp_path / "a", [True] * 20, result={"controls": {**base, "nearest": few}}),
        make_run(tmp_path / "b", [True] * 15 + [False] * 5, result={"controls": {**base, "nearest": many}}),
        make_run(tmp_path / "c", [True] * 14 + [False] * 6),
    ]
    seen = found(paths)
    assert [(row["control"], row["test"], row["learnt"]) for row in seen["controls"]] == [("nearest", 0.8, 30)]
    said = seen["runs"][0]["without_model"]
    assert said.endswith("has 0.800: this prompt (1.000) does not clearly beat it (p=0.300).")
    assert said in takeaway_page(seen, tmp_path) and any(said in line for line in findings(seen))
    assert found(paths[2:])["controls"] == []


def takeaway_page(seen: dict[str, Any], folder: Path) -> str:
    write_comparison(seen, folder / "compare.html")
    return (folder / "compare.html").read_text()


def test_the_number_of_runs_and_the_choice_of_the_best_count(tmp_path: Path) -> None:
    # 7 against 0 discordant: p = .016 alone, but not among eleven that fail at other items each.
    best, loser = [True] * 40, [False] * 7 + [True] * 33
    alone = found([make_run(tmp_path / "a0", best), make_run(tmp_path / "a1", loser)])
    assert alone["runs"][1]["p_best"] == pytest.approx(0.0156, abs=0.005)
    assert len(alone["cannot_tell"]) == 1
    others = [random.Random(n).sample(loser, 40) for n in range(11)]
    many = found([tmp_path / "a0", *(make_run(tmp_path / f"b{n}", other) for n, other in enumerate(others))])
    assert len(many["cannot_tell"]) == 12
    same = found([tmp_path / "a0", *(make_run(tmp_path / f"c{n}", loser) for n in range(11))])
    assert len(same["cannot_tell"]) == 1  # eleven times the same is one


@pytest.mark.parametrize("items", [2, 3, 5])
def test_a_handful_of_items_tells_nobody_apart(tmp_path: Path, items: int) -> None:
    one, two = make_run(tmp_path / "a", [True] * items), make_run(tmp_path / "b", [False] * items)
    assert len(found([one, two])["cannot_tell"]) == 2


def test_a_model_that_costs_nothing_is_cheaper_than_one_that_does(tmp_path: Path) -> None:
    right = [True] * 20
    free, paid = (
        make_run(tmp_path / name, right, f"provider={name}", cost=cost) for name, cost in (("a", 0.0), ("b", 0.5))
    )
    seen = found([paid, free])
    assert seen["cheapest"] == "provider=a"
    assert {run["name"]: run["front"] for run in seen["runs"]} == {"provider=a": True, "provider=b": False}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": "e" * 64}, "another data set: eeeeeeeeeeee, the others have dddddddddddd"),
        ({"reward": "Jaccard"}, "another reward"),
        ({"result": {"best": {"test": None}}}, "no figure on the sealed items (status finished: all epochs done)"),
        ({"result": {"best": {"test": None}, "sealed": False}}, "split=none"),
        ({"result": {"models": 3}}, "not as goldloop writes it (models is not a mapping)"),
        ({"result": {"metrics": None}}, "not those of an optimisation"),
        ({"result": {"calls": None}}, "not as goldloop writes it (calls is not a mapping)"),
    ],
)
def test_what_cannot_be_compared_is_left_out_with_the_reason(tmp_path: Path, changes: Any, reason: str) -> None:
    same = [make_run(tmp_path / name, [True, False] * 10) for name in "ab"]
    other = make_run(tmp_path / "other", [True, False] * 10, **changes)
    kept, refused = entries([*same, other])
    assert [entry.path for entry in kept] == same
    assert [one.path for one in refused] == [other]
    assert reason in refused[0].reason


def test_other_sealed_items_are_not_mixed(tmp_path: Path) -> None:
    paths = [make_run(tmp_path / name, [True] * 20) for name in "ab"] + [make_run(tmp_path / "c", [True] * 19)]
    _, refused = entries(paths)
    assert "other sealed items: 19 items" in refused[0].reason


def test_gold_that_strong_variants_contradict_alike_is_suspected(tmp_path: Path) -> None:
    right = [True] * 19 + [False]
    paths = [make_run(tmp_path / str(n), right, wrong=["Payment"]) for n in range(4)]
    [suspect] = found(paths)["suspects"]
    assert (suspect["id"], suspect["gold"], suspect["prediction"]) == ("19", ["Other"], ["Payment"])
    assert (suspect["runs"], suspect["of"]) == (4, 4)
    same = [make_run(tmp_path / f"same{n}", right, wrong=["Payment"], prompt="one") for n in range(4)]
    assert found(same)["suspects"] == []  # one variant four times is one voice


def test_runs_whose_answers_are_numbers_are_compared_from_their_lowest_reward(tmp_path: Path) -> None:
    result = {"reward_lowest": -1.0}
    paths = [make_run(tmp_path / str(n), [True] * 18, began=("first", [True] * 18), result=result) for n in range(2)]
    for path in paths:
        rows = [json.loads(line) for line in (path / "predictions.jsonl").read_text().splitlines()]
        for number, row in enumerate(rows):
            row |= {"gold": number, "prediction": 2.5, "initial_prediction": number, "credit": (-1.0, 0.5)[number % 2]}
        (path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    seen = found(paths)
    assert seen["refused"] == [] and seen["lowest"] == -1.0
    assert min(run["interval"][0] for run in seen["runs"]) < -0.3
    write_comparison(seen, tmp_path / "compare.html")
    assert "95% interval, \N{MINUS SIGN}1 to 1" in (tmp_path / "compare.html").read_text()


def test_a_failed_call_is_left_out_of_the_pair(tmp_path: Path) -> None:
    one, two = make_run(tmp_path / "a", [True] * 20), make_run(tmp_path / "b", [True] * 10 + [False] * 10)
    rows = [json.loads(line) for line in (two / "predictions.jsonl").read_text().splitlines()]
    rows[0] |= {"credit": None, "prediction": None, "seconds": None, "tokens": None}
    (two / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert found([one, two])["runs"][1]["p_best"] < 0.01


def test_the_command_writes_three_files_and_says_what_to_take_from_it(goldloop: Goldloop) -> None:
    folder = goldloop.directory / "outputs/s"
    for number in range(3):
        make_run(folder / str(number), [True] * (20 - number) + [False] * number, f"prompt_file==cmd|{number}")
    make_run(folder / "3", [True] * 20, data="e" * 64)
    done = goldloop("compare", "outputs/s")
    assert done.returncode == 0, done.stderr
    assert "3 runs cannot be told from the best on the 20 sealed items" in done.stdout
    assert "left out: outputs/s/3: another data set" in done.stdout
    assert done.stdout.splitlines()[-1] == "outputs/s/compare.html"
    written = json.loads((folder / "compare.json").read_text())
    assert [run["rank"] for run in written["runs"]] == [1, 2, 3]
    rows = list(csv.DictReader((folder / "compare.csv").read_text().splitlines()))
    assert rows[0]["run"] == "outputs/s/0"
    assert "<html" in (folder / "compare.html").read_text()
    again = goldloop("compare", "outputs/s", "output=elsewhere")
    assert again.returncode == 0
    assert (goldloop.directory / "elsewhere/compare.json").is_file()


def test_the_transfer_matrix_measures_each_prompt_with_each_model(goldloop: Goldloop, endpoint: Endpoint) -> None:
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "tracker=none", "study=s", "epochs=1"]
    for number, optimizer in enumerate(("none", "demos")):
        endpoint.model = f"model-{number}"
        assert goldloop(*model, f"provider.model=model-{number}", f"optimizer={optimizer}").returncode == 0
    endpoint.model = "gone"
    done = goldloop("compare", "outputs/s", "transfer=true")
    assert done.returncode == 2  # neither model is there any more, and half of the matrix was never asked
    assert "has no model" in done.stderr
    endpoint.model = "model-0"
    endpoint.any_model = True
    asked = len(endpoint.requests)
    done = goldloop("compare", "outputs/s", "transfer=true")
    assert done.returncode == 0, done.stderr
    matrix = json.loads((goldloop.directory / "outputs/s/compare.json").read_text())
    assert len(matrix["transfer"]["rows"]) == len(matrix["transfer"]["columns"]) == 2
    rewards = {run["name"]: run["test"] for run in matrix["runs"]}
    best = matrix["transfer"]["rows"][0]
    assert rewards[best] in matrix["transfer"]["reward"][0]
    assert 0 < len(endpoint.requests) - asked <= 2 * 24  # the diagonal came from the journal


def test_nothing_to_compare_is_said(goldloop: Goldloop) -> None:
    make_run(goldloop.directory / "outputs/s/0", [True] * 5)
    for words, said in (
        ([], "name run directories"),
        (["nowhere"], "nowhere: no such directory"),
        (["outputs/s"], "fewer than two runs can be compared"),
        (["outputs/s", "sead=3"], "did you mean seed?"),
    ):
        done = goldloop("compare", *words)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_run_below_a_link_is_not_read(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [True] * 5)
    (tmp_path / "a/result.json").rename(tmp_path / "moved.json")
    (tmp_path / "a/result.json").symlink_to(tmp_path / "moved.json")
    _, refused = entries([tmp_path / "a"])
    assert "link out of the run directory" in refused[0].reason


def test_the_p_of_each_run_equals_the_decision_between_the_two(tmp_path: Path) -> None:
    from runner.stats.evidence import decide

    chance = random.Random(4)
    rows = [[chance.random() < share for _ in range(60)] for share in (0.9, 0.8, 0.6)]
    seen = found([make_run(tmp_path / str(number), row) for number, row in enumerate(rows)])
    ranked = sorted(rows, key=sum, reverse=True)
    for run, row in zip(seen["runs"][1:], ranked[1:], strict=True):
        assert run["p_best"] == pytest.approx(decide(list(map(float, row)), list(map(float, ranked[0]))).p, abs=0.02)


def test_no_run_directory_below_is_said(tmp_path: Path) -> None:
    from runner.runs.reader import run_directories

    with refused(DataError, "not-a-run", tmp_path):
        run_directories([tmp_path])


BEGAN = [True] * 18 + [False] * 2
WORSE = {"decision": {"verdict": "worse", "difference": -0.5, "interval": [-0.7, -0.3], "p": 0.001, "items": 20}}
WORSE["decision"]["items_needed"] = None  # type: ignore[assignment]
KEPT = {"best": {"epoch": 0}}


def row_of(seen: dict[str, Any], name: str) -> dict[str, Any]:
    [row] = [run for run in seen["runs"] if run["name"] == name]
    return row


def test_the_initial_prompt_is_a_row_that_can_win(tmp_path: Path) -> None:
    same: dict[str, Any] = {"began": ("Label it.", BEGAN), "result": WORSE}
    paths = [
        make_run(tmp_path / "0", [True] * 8 + [False] * 12, "optimizer=rewrite", **same),
        make_run(tmp_path / "1", [True] * 9 + [False] * 11, "optimizer=demos", **same),
    ]
    seen = found(paths)
    assert [run["name"] for run in seen["runs"]] == ["initial prompt", "optimizer=demos", "optimizer=rewrite"]
    first = seen["runs"][0]
    assert (first["which"], first["test"], first["kept_by"], first["optimizer"]) == ("initial", 0.9, [], None)
    assert Path(first["prompt_file"]).read_text() == "Label it.\n"
    assert first["item_cost_usd"] is None and seen["cannot_tell"] == ["initial prompt"]
    assert takeaway(seen)[0] == "The initial prompt is the best."
    assert f"prompt to use: {first['prompt_file']}" in findings(seen)
    assert sum("WORSE" in line for line in findings(seen)) == 2


def test_an_unchanged_initial_prompt_is_no_strategys_merit(tmp_path: Path) -> None:
    kept = {"began": ("Label it.", BEGAN), "result": KEPT, "prompt": "Label it."}
    paths = [
        make_run(tmp_path / "0", BEGAN, "optimizer=rewrite", pace=0.1, **kept),
        make_run(tmp_path / "1", BEGAN, "optimizer=mipro", pace=0.2, **kept),
        make_run(tmp_path / "2", [True] * 9 + [False] * 11, "optimizer=demos", began=("Label it.", BEGAN)),
    ]
    seen = found(paths)
    assert [run["name"] for run in seen["runs"]] == ["initial prompt", "optimizer=demos"]
    assert seen["runs"][0]["kept_by"] == ["optimizer=rewrite", "optimizer=mipro"]
    assert (seen["cheapest"], seen["fastest"]) == ("initial prompt", "initial prompt")  # as the kept one cost
    [line] = [line for line in findings(seen) if line.startswith("Kept by")]
    assert line == "Kept by optimizer=rewrite, optimizer=mipro: initial prompt"


def test_each_model_has_an_initial_prompt_of_its_own(tmp_path: Path) -> None:
    paths = []
    for model, right in (("a", BEGAN), ("b", [True] * 20)):
        path = tmp_path / model
        kept = {"began": ("Label it.", right), "result": KEPT, "prompt": "Label it."}
        paths.append(make_run(path, right, f"provider.model={model}", "optimizer=none", **kept))
        config = json.loads((path / ".hydra/config.yaml").read_text())
        config["provider"]["model"] = model
        (path / ".hydra/config.yaml").write_text(json.dumps(config))
    assert [run["name"] for run in found(paths)["runs"]] == ["model=b initial prompt", "model=a initial prompt"]


def test_a_prompt_that_was_proved_worse_is_never_called_the_best(tmp_path: Path) -> None:
    path = make_run(tmp_path / "0", [True] * 20, "seed=1", result=WORSE)
    rows = [
        json.loads(line) | {"initial_credit": None} for line in (path / "predictions.jsonl").read_text().splitlines()
    ]
    (path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))  # an old run's
    seen = found([path, make_run(tmp_path / "1", [False] * 20, "seed=2")])
    assert seen["runs"][0]["name"] == "seed=1"
    assert "no better" in takeaway(seen)[0]
    assert not any("better than all others" in line or "prompt to use" in line for line in findings(seen))
    write_comparison(seen, tmp_path / "compare.html")
    assert 'class="headline undecided"' in (tmp_path / "compare.html").read_text()


def test_where_every_run_kept_the_initial_prompt_there_is_one_row(goldloop: Goldloop) -> None:
    for number in range(2):
        kept = {"began": ("Label it.", BEGAN), "result": KEPT, "prompt": "Label it."}
        make_run(goldloop.directory / f"outputs/s/{number}", BEGAN, f"seed={number}", **kept)
    done = goldloop("compare", "outputs/s")
    assert done.returncode == 0, done.stderr
    assert "Kept by seed=0, seed=1: initial prompt" in done.stdout and "better than" not in done.stdout
    rows = list(csv.DictReader((goldloop.directory / "outputs/s/compare.csv").read_text().splitlines()))
    assert [(row["which"], row["kept_by"]) for row in rows] == [("initial", "seed=0; seed=1")]
