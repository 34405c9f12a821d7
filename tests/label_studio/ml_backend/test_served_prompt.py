"""Which prompt a project is served with: typed, submitted, adopted, configured."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area, choices
from ml_backend import PROMPT, backend, seen, tasks
from run_directories import make_run

from runner.label_studio.ml_backend.projects import ADOPTED, Chosen, now


@pytest.mark.parametrize("action", ["ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED"])
async def test_a_submitted_prompt_is_served(action: str, tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, prompt_from="submitted") as served:
        before = await served.set_up()
        assert (await served.type("only tried"))["labels"]
        assert await served.set_up() == before
        entry = annotation(choices(["Other"]), area(PROMPT))
        await served.event(action, annotation=[entry] if action.startswith("ANNOTATIONS") else entry)
        assert (await served.get("/versions"))["projects"][0]["prompt"] == PROMPT
        assert await served.set_up() != before


async def test_prompts_of_people_are_left_alone_where_that_is_asked_for(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, prompt_from="none", others=(Chosen("Own", "", "prompt"),)) as served:
        version = await served.set_up()
        await served.type(PROMPT)
        await served.event("ANNOTATION_CREATED", annotation=annotation(area(PROMPT)))
        assert await served.set_up() == version
        assert (await served.get("/versions"))["projects"][0]["source"].startswith("default")


async def test_what_a_prediction_filled_in_was_typed_by_nobody(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type("A")
        predicted = {**area("old"), "origin": "prediction"}
        await served.event("ANNOTATION_CREATED", annotation=annotation(predicted))
        copied = [{key: value for key, value in area("old").items() if key != "origin"}]
        await served.event("ANNOTATIONS_CREATED", annotation=[{"result": copied, "parent_prediction": 5}])
        corrected = {"parent_prediction": 5, "lead_time": 2.0}  # the browser calls all its regions a person's then
        await served.event("ANNOTATION_UPDATED", annotation=annotation(area("old"), choices(["Other"]), **corrected))
        await served.event("ANNOTATION_CREATED", annotation=annotation(area("skipped"), was_cancelled=True))
        await served.predict(tasks(1), {"result": [predicted]})
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "A"
        changed = {**area("B"), "origin": "prediction-changed"}
        await served.event("ANNOTATION_CREATED", annotation=annotation(changed))
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "B"


async def test_correcting_labels_beside_an_old_prompt_does_not_bring_it_back(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        for event, prompt, now in [
            ("ANNOTATION_CREATED", "A", "A"), ("ANNOTATION_CREATED", "B", "B"), ("ANNOTATION_UPDATED", "A", "B"),
            ("ANNOTATION_UPDATED", "C", "C"), ("ANNOTATION_CREATED", "A", "A"), ("ANNOTATION_UPDATED", "C", "A"),
        ]:  # fmt: skip
            await served.event(event, annotation=annotation(area(prompt)))
            assert (await served.get("/versions"))["projects"][0]["prompt"] == now
        told = await served.get("/versions")
        assert len(told["versions"]) == len({entry["version"] for entry in told["projects"][0]["versions"]}) == 3
        assert told["versions"][0] == told["projects"][0]["version"] == await served.set_up()
        assert [entry["prompt"] for entry in told["projects"][0]["versions"]] == ["A", "C", "B"]


async def test_of_several_new_annotations_the_newest_prompt_counts(tmp_path: Path, endpoint: Endpoint) -> None:
    entries = [annotation(area(name), when=f"2026-01-0{day}") for name, day in (("B", 2), ("C", 3), ("A", 1))]
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.event("ANNOTATIONS_CREATED", annotation=[*entries, annotation(choices(["Other"]), when="2027")])
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "C"


async def test_a_webhook_may_be_the_first_that_is_heard_of_a_project(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        body = {"action": "ANNOTATION_CREATED", "annotation": annotation(area(PROMPT))}
        await served.post("/webhook", {**body, "project": {"id": 4, "label_config": INTERFACE}})
        await served.post("/webhook", {**body, "project": {"id": 5}})  # of which nothing is known
        await served.event("TASKS_CREATED", 6)
        told = await served.get("/versions")
        assert [entry["project"] for entry in told["projects"]] == [4]
        assert [entry["project"] for entry in (await served.get("/versions?project=9"))["projects"]] == []


async def test_a_changed_interface_is_known_from_whatever_brings_it(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT)
        first = await served.set_up()
        more = INTERFACE.replace('value="Other"', 'value="Something_Else"')
        body = {"action": "PROJECT_UPDATED", "project": {"id": 1, "label_config": more}}
        await served.post("/webhook", body)
        await served.parts.events.settled()
        assert served.parts.projects.get("1").config == more
        second = next(iter((await served.get("/versions"))["versions"]))
        assert second != first  # the labels in the prompt are others
        await served.predict(tasks(1))
        assert served.parts.projects.get("1").config == INTERFACE


async def test_projects_do_not_mix(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        for number in (1, 2, 3):
            await served.set_up(number)
            await served.type(f"prompt of {number}", project=number)
        results = await asyncio.gather(*(served.predict(tasks(10), project=number) for number in (1, 2, 3)))
        for number, found in zip((1, 2, 3), results, strict=True):
            assert {seen(entry)["prompt"][0] for entry in found} == {f"prompt of {number}"}


async def test_the_later_of_typed_and_adopted_is_served_and_a_restart_changes_nothing(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type("typed first")
        adopted = Chosen("of a run\n- Greeting", "2999-01-01", "adopted", "outputs/gone", "better")
        await served.parts.projects.change("1", adopted=adopted)
        version = await served.set_up()
        assert (await served.get("/versions"))["projects"][0]["source"].endswith(" outputs/gone (better)")
    async with backend(tmp_path, endpoint) as served:
        assert (await served.get("/versions"))["versions"][0] == version
        [result] = await served.predict(tasks(1))
        assert "score" not in result and seen(result)["prompt"] == ["of a run\n- Greeting"]
        await served.parts.projects.change("1", adopted=Chosen("of a run", "2020-01-01", "adopted", "outputs/gone"))
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "typed first"


async def test_a_configured_run_gives_its_prompt_and_measured_scores(
    tmp_path: Path, endpoint: Endpoint, goldloop: Any
) -> None:
    from runner.label_studio.ml_backend.state_dir import chosen_run

    words = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    done = goldloop(*words, "epochs=1")
    run = tmp_path / done.stdout.splitlines()[-1]
    (tmp_path / "state").mkdir()
    first = chosen_run(tmp_path / "state", str(run))
    assert chosen_run(tmp_path / "state", str(run)) == first
    asked = len(endpoint.requests)
    async with backend(tmp_path, endpoint, others=tuple(first)) as served:
        await served.set_up()
        results = await served.predict(tasks())
        assert {type(entry["score"]) for entry in results} == {float}
        assert all(0 < entry["score"] <= 1 for entry in results)
        assert str(run) in (await served.get("/versions"))["projects"][0]["source"]
        await served.type(PROMPT)  # a trial does not replace what was proved better
        assert (await served.get("/versions"))["projects"][0]["prompt"] == first[0].text
        await served.submit(PROMPT)
        assert (await served.get("/versions"))["projects"][0]["prompt"] == PROMPT
    assert len(endpoint.requests) > asked
    assert chosen_run(tmp_path / "state", None) == []
    assert chosen_run(tmp_path / "state", str(run))[0].at > first[0].at


def test_after_worse_the_initial_prompt_is_served_unless_the_best_is_asked_for(tmp_path: Path) -> None:
    from runner.label_studio.ml_backend.state_dir import chosen_run

    decision = {"verdict": "worse", "difference": -0.5, "interval": [-0.7, -0.3], "p": 0.001, "items": 9}
    result = {"decision": {**decision, "items_needed": None}}
    run = make_run(tmp_path / "run", [False] * 9, prompt="The best.", began=("Label it.", [True] * 9), result=result)
    [chosen] = chosen_run(tmp_path, str(run))
    assert (chosen.text, chosen.which, chosen.verdict) == ("Label it.", "initial", "worse")
    assert chosen.source == f"initial prompt of {run} (its best one: worse)"
    assert [chosen] == chosen_run(tmp_path, str(run))
    [asked] = chosen_run(tmp_path, str(run), "best")
    assert (asked.text, asked.which, asked.source) == ("The best.", "best", f"best prompt of {run} (worse)")
    assert asked.at > chosen.at  # it was chosen later


async def test_a_submitted_prompt_that_was_served_then_is_known_when_its_annotation_is_corrected(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint, others=(Chosen(PROMPT, "", "prompt"),)) as served:
        await served.set_up()
        entry = annotation(choices(["Other"]), area(PROMPT))
        await served.event("ANNOTATION_CREATED", annotation=entry)  # which changes nothing
        adopted = Chosen("Adopted.", now(), ADOPTED, "/a/run", "better")
        await served.parts.projects.change("1", adopted=adopted)
        await served.event("ANNOTATION_UPDATED", annotation={**entry, "ground_truth": True})
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "Adopted."
