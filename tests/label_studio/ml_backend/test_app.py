"""The ML backend as Label Studio asks it: which prompt is served, what is answered, what never is."""

import asyncio
import base64
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, completion
from exported import INTERFACE, annotation, area, choices, gold_tasks
from fakes import FakeProvider
from figures import figures
from ml_backend import PROMPT, backend, seen, tasks
from refusals import refused

from runner.core.calls import Reply
from runner.core.errors import ConfigError, DataError
from runner.core.prompt import Prompt, model_version
from runner.label_studio.backend_connection import Credentials
from runner.label_studio.ml_backend.basic_auth import BasicAuth, login_of
from runner.label_studio.ml_backend.http_server import log_to_terminal
from runner.label_studio.ml_backend.projects import Chosen, Project, project_id
from runner.label_studio.ml_backend.request_body import Refused

BARE = """<View><Text name="t" value="$text"/><Choices name="kind" toName="t" choice="single">
<Choice value="good"/><Choice value="bad"/></Choices></View>"""


async def test_it_says_that_it_is_up(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        for path in ("/health", "/"):
            answer = await served.get(path)
            assert answer["status"] == "UP" and answer["model_class"]


async def test_without_a_prompt_nothing_is_predicted_and_nobody_is_asked(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        assert await served.set_up() == "no-prompt"
        # An empty list: of an empty *result* Label Studio would store a prediction, and not ask again.
        assert await served.predict(tasks(3)) == [[], [], []]
    assert endpoint.requests == []


async def test_a_typed_prompt_is_answered_with_reply_and_labels_and_is_the_projects_from_then_on(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        shown = await served.type(PROMPT)
        assert set(shown) == {"labels", "response"} and "\n".join(shown["labels"]) == shown["response"][0]
        version = await served.set_up()
        assert version.startswith("fake-model-") and version != "no-prompt"
        results = await served.predict(tasks())
        assert len(results) == 60
        assert all(entry["model_version"] == version for entry in results)
        assert {**shown, "prompt": [PROMPT]} == seen(results[0])
        told = await served.get("/versions")
    [system] = {request["messages"][0]["content"] for request in endpoint.requests}
    assert system.startswith(PROMPT) and "- Greeting" in system  # the labels that it does not name
    assert version == model_version(Prompt(system), "fake-model")
    assert len(endpoint.requests) == 60  # the one that was typed is not asked again
    assert told["versions"] == [version] and told["projects"][0]["source"].startswith("typed ")


@pytest.mark.parametrize(
    "prompt", ["Braces {x} {} {{y}} ${z} %s $a\\n", "العربية 🙂\n\n- a: b", "<b>\u2028</b>", "\ud800"]
)
async def test_whatever_stands_in_a_prompt_is_text(prompt: str, tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        shown = await served.type(prompt)
        assert shown["labels"]
        [result, *_] = await served.predict(tasks(2))
        text = prompt.encode("utf-8", "replace").decode().strip()
        assert seen(result)["prompt"] == [text]
    assert endpoint.requests[0]["messages"][0]["content"].startswith(text)
    async with backend(tmp_path, endpoint) as served:
        assert (await served.get("/versions"))["projects"][0]["prompt"] == text


async def test_an_interactive_request_without_a_prompt_changes_nothing_on_the_screen(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT)
        asked = len(endpoint.requests)
        for context in ({"result": []}, {"result": [choices(["Other"])]}, {}, {"result": None}, [], "x", 0):
            assert await served.predict(tasks(1), context) == [{"result": []}]
        assert len(endpoint.requests) == asked


async def test_the_prompt_is_found_by_its_control_among_all_that_is_on_the_screen(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        old = {**area("Labels: Refund", "response"), "origin": "prediction"}
        two = {**area("first"), "value": {"text": ["first", "the one that is meant"]}}
        await served.predict(tasks(1), {"result": [old, choices(["Other"]), two]})
    assert endpoint.requests[0]["messages"][0]["content"].startswith("the one that is meant")


async def test_gold_never_reaches_the_model(tmp_path: Path, endpoint: Endpoint) -> None:
    canary = "CANARY"
    poisoned = []
    for task in gold_tasks()[:20]:
        said = [choices([canary]), area(canary, "response"), area(canary)]
        entry = annotation(*said, ground_truth=True)
        more = {"predictions": [entry], "drafts": [entry], "meta": canary, "completed_by": canary}
        data = {**task["data"], "labels": [canary], "gold": canary}
        poisoned.append({**task, "data": data, "annotations": [entry], **more})
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT, poisoned[0])
        assert all(await served.predict(poisoned))
    assert len(endpoint.requests) == 20
    assert canary not in json.dumps(endpoint.requests)


async def test_equal_texts_are_asked_once_and_the_results_stand_where_their_tasks_do(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    few = tasks(5)
    mixed = [few[3], few[1], {"id": 9, "data": {}}, few[1], few[3], {"id": 10}, 7, few[0]]
    async with backend(tmp_path, endpoint, journal="off") as served:
        await served.set_up()
        await served.type(PROMPT, few[4])
        results = await served.predict(mixed)
        alone = {task["id"]: (await served.predict([task]))[0] for task in few}
    assert [bool(entry) for entry in results] == [True, True, False, True, True, False, False, True]
    assert [results[place] for place in (0, 1, 3, 4, 7)] == [alone[number] for number in (4, 2, 2, 4, 1)]
    assert len(endpoint.requests) == 1 + 3 + 5


async def test_a_reply_without_labels_is_no_prediction_and_one_that_says_none_is(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    replies = {"a": "none", "b": "I cannot help with that, sorry.", "c": "Nonsense_Label", "d": "good", "e": ""}
    provider = FakeProvider(lambda call: Reply(replies[call.messages[-1]["content"]]))
    some = [{"id": number, "data": {"text": text}} for number, text in enumerate(replies)]
    bare = BARE.replace("single", "multiple")
    async with backend(tmp_path, endpoint, provider=provider, prompt_from="submitted") as served:
        served.interface = bare
        served.parts.projects.others = (Chosen("Which kind?", "", "prompt"),)
        version = await served.set_up()
        results = await served.predict(some)
        assert results[0] == {"result": [], "model_version": version}
        assert [results[place] for place in (1, 2, 4)] == [[], [], []]
        assert seen(results[3]) == {"kind": ["good"]}
        metrics = await served.get("/metrics")
        for reason in ("refused", "out_of_list", "unreadable"):
            assert f'goldloop_empty_total{{reason="{reason}"}} 1' in metrics
        assert "goldloop_predictions_total 2" in metrics
        served.interface = INTERFACE
        await served.set_up(2)
        for text in ("b", "e"):
            shown = await served.type(PROMPT, {"data": {"dialogue": text}}, project=2)
            told = replies[text] or shown["response"][0]
            assert shown == {"labels": [], "response": [told]} and told.startswith("goldloop: ") == (text == "e")


async def test_one_label_where_the_interface_takes_one(tmp_path: Path, endpoint: Endpoint) -> None:
    provider = FakeProvider(lambda call: "good\nbad" if call.messages[-1]["content"] == "both" else "Kind: bad")
    async with backend(tmp_path, endpoint, provider=provider, others=(Chosen("Which kind?", "", "prompt"),)) as served:
        served.interface = BARE
        await served.set_up()
        results = await served.predict([{"data": {"text": "one"}}, {"data": {"text": "both"}}])
    assert seen(results[0]) == {"kind": ["bad"]} and results[1] == []
    assert "one of these labels" in provider.calls[0].messages[0]["content"]


async def test_a_task_without_a_text_says_so_to_the_person(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        shown = await served.type(PROMPT, {"id": 1, "data": {"other": 1}})
        assert shown["labels"] == [] and "'dialogue'" in shown["response"][0] and "'other'" in shown["response"][0]
        shown = await served.type("x" * 100_001)
        assert shown["labels"] == [] and figures(shown["response"][0]) == [100_000]
    assert endpoint.requests == []


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
        await served.type(PROMPT)
        assert (await served.get("/versions"))["projects"][0]["prompt"] == PROMPT
    assert len(endpoint.requests) > asked
    assert chosen_run(tmp_path / "state", None) == []
    assert chosen_run(tmp_path / "state", str(run))[0].at > first[0].at


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"schema": INTERFACE}, "bad-value"),
        ({"schema": INTERFACE, "project": "../1"}, "bad-value"),
        ({"schema": INTERFACE, "project": "0.1"}, "bad-value"),
        ({"schema": INTERFACE, "project": "1.2.3"}, "bad-value"),
        ({"schema": INTERFACE, "project": "١"}, "bad-value"),
        ({"schema": INTERFACE, "project": True}, "bad-value"),
        ({"schema": INTERFACE, "project": 1.5}, "bad-value"),
        ({"schema": INTERFACE, "project": "9" * 19}, "bad-value"),
        ({"project": "1.2"}, "interface-missing"),
        ({"project": "1.2", "schema": 7}, "interface-missing"),
        ({"project": "1.2", "schema": "<View>"}, "not-xml"),
        ({"project": "1.2", "schema": "<View/>"}, "control-missing"),
        ({"project": "1.2", "schema": "<!DOCTYPE x><View/>"}, "has-doctype"),
    ],
)
async def test_a_setup_that_cannot_be_used_is_refused_in_words_that_label_studio_shows(
    body: dict[str, Any], code: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served, served.client.post("/setup", json=body) as answer:
        told = await answer.json()
        assert (answer.status, told["code"]) == (400, code) and "\n" not in told["error"]
        assert told["key"] == ("project" if code == "bad-value" else told["key"])
        assert answer.reason == told["error"]  # which requests puts into the error that Label Studio keeps
    assert not list((tmp_path / "state/projects").iterdir())


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        ({"tasks": None}, "wrong-shape", "tasks"),
        ({"tasks": {"id": 1}}, "wrong-shape", "tasks"),
        ({"params": [1]}, "wrong-shape", "params"),
        ({"label_config": 5}, "interface-missing", "label_config"),
        ({"label_config": None, "project": "77.1"}, "interface-missing", "label_config"),
        ({"project": None}, "bad-value", "project"),
    ],
)
async def test_a_prediction_request_that_cannot_be_read_is_refused(
    change: dict[str, Any], code: str, key: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        status, answer = await served.post("/predict", {**served.request(tasks(1)), **change})
        assert (status, answer["code"], answer["key"]) == (400, code, key)


async def test_what_is_no_request_of_label_studios_is_refused_in_a_sentence(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, max_megabytes=1) as served:
        for content, code in [
            (b"", "not-json"), (b"[]", "not-json"), (b"\xff", "not-utf8"), (b'{"a": 1} x', "not-json"),
            (b"[" * 100_000, "not-json"), (b'{"a": ' + b"[" * 100_000, "too-deep"),
            (b'{"a": ' + b"9" * 9999 + b"}", "bad-value"), (b"{1: 2}", "not-json"),
        ]:  # fmt: skip
            for path in ("/setup", "/predict", "/webhook"):
                async with served.client.post(path, data=content) as answer:
                    told = await answer.json()
                    assert (answer.status, told["code"]) == (400, code), (path, content[:20], told)
        for large in (_drip(2 << 20), io.BytesIO(b"x" * (2 << 20))):  # of one the size is not known before
            async with served.client.post("/predict", data=large) as answer:
                told = await answer.json()
                assert (answer.status, told["code"], told["key"]) == (413, "too-large", "serve.max_megabytes")
                assert figures(told["error"]) == [1]
        async with served.client.post("/setup", data=b"x", headers={"Content-Encoding": "gzip"}) as answer:
            assert answer.status == 400
        async with served.client.get("/predict") as answer:
            assert answer.status == 405 and answer.headers["Allow"] == "POST"
        async with served.client.post("/nowhere") as answer:
            told = await answer.json()
            assert (answer.status, told["code"], told["key"]) == (404, "no-such-address", "POST")
        async with served.client.get("/versions?project=x") as answer:
            assert answer.status == 400
        status, told = await served.post("/webhook", {"project": 1})
        assert (status, told["code"], told["key"]) == (400, "wrong-shape", "action")
        text = await served.get("/metrics")
        assert 'endpoint="other",status="404"' in text and "nowhere" not in text


async def _drip(size: int) -> Any:
    for _ in range(size >> 16):
        yield b"x" * (1 << 16)


async def test_a_page_in_a_browser_cannot_use_it(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        body = {"action": "START_TRAINING", "project": 1}
        headers = {"Origin": "https://somewhere.example", "Content-Type": "text/plain"}
        async with served.client.post("/webhook", data=json.dumps(body), headers=headers) as answer:
            assert answer.status == 403
        assert served.parts.events.seen == {}
        for site, status in (("same-origin", 403), ("cross-site", 403), ("none", 200)):
            async with served.client.get("/versions", headers={"Sec-Fetch-Site": site}) as answer:
                assert answer.status == status


async def test_with_a_password_only_health_is_open(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, login=BasicAuth("me", "pass:wörd")) as served:
        assert (await served.get("/health"))["status"] == "UP"
        body = {"project": "1.2", "schema": INTERFACE}
        wrong: list[dict[str, str]] = [{}, {"Authorization": "Basic"}, {"Authorization": "Bearer x"}]
        pairs = ("me:x", "x:pass:wörd", "me:pass:wörd ", "")
        wrong += [{"Authorization": _basic(pair)} for pair in pairs]
        right = _basic("me:pass:wörd")
        wrong += [{"Authorization": right.replace("Basic", "Digest")}, {"Authorization": right + "é"}]
        for headers in wrong:
            for path in ("/setup", "/predict", "/webhook"):
                status, told = await served.post(path, body, headers=headers)
                assert (status, told["code"], told["key"]) == (401, "key-refused", "Authorization")
            for path in ("/", "/versions", "/metrics", "/nowhere"):
                async with served.client.get(path, headers=headers) as answer:
                    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
        for good in (right, right.replace("Basic", "basic"), _basic("me:pass:wörd", "latin-1")):
            assert (await served.post("/setup", body, headers={"Authorization": good}))[0] == 200


def _basic(pair: str, code: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(pair.encode(code)).decode()


async def test_an_interface_has_a_limit(tmp_path: Path, endpoint: Endpoint) -> None:
    large = json.dumps({"project": "1.2", "schema": "x" * (2 << 20) + "x"}).encode()
    async with backend(tmp_path, endpoint) as served, served.client.post("/setup", data=io.BytesIO(large)) as answer:
        assert answer.status == 400 and (await answer.json())["code"] == "too-long"


async def test_a_damaged_state_file_is_named(tmp_path: Path, endpoint: Endpoint) -> None:
    folder = tmp_path / "state" / "projects"
    folder.mkdir(parents=True)
    for content in ("{", "[]", '{"id": "7"}', '{"id": "8", "config": ""}'):
        (folder / "7.json").write_text(content)
        with refused(DataError, "damaged-file", key=str(folder / "7.json")):
            async with backend(tmp_path, endpoint):
                pass


async def test_so_many_projects_and_no_more(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, most_projects=2) as served:
        for number in (1, 2):
            await served.set_up(number)
        status, told = await served.post("/setup", {"project": "3.1", "schema": INTERFACE})
        assert (status, told["code"]) == (400, "too-many-projects")


async def test_a_full_disk_is_told_and_the_prompt_is_served_none_the_less(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        (tmp_path / "state/projects").rename(tmp_path / "gone")
        assert (await served.type(PROMPT))["labels"]
        assert await served.set_up() != "no-prompt"
        logged = [one for one in caplog.records if one.name == "runner.label_studio.ml_backend.projects"]
        assert len(logged) == 2 and all(str(tmp_path / "state/projects") in one.getMessage() for one in logged)
        (tmp_path / "gone").rename(tmp_path / "state/projects")


def test_a_projects_number_is_all_that_becomes_a_files_name() -> None:
    assert [project_id(value) for value in ("2.1795473060", "2", 2, {"id": 2}, "002.5")] == ["2"] * 5
    for wrong in ("", "a", "-1", "1/2", "1\n", "٣", None, [], {}, {"id": {"id": 1}}, 10**4000, 0, False):
        with pytest.raises(Refused):
            project_id(wrong)
    assert Project("1").typed is None


async def test_only_what_a_person_typed_becomes_the_projects(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        behind = {**area("filled in by a model"), "origin": "prediction"}
        await served.predict(tasks(1), {"result": [area("typed"), behind]})
        typed = served.parts.projects.get("1").typed
        assert typed and typed.text == "typed"


async def test_a_webhook_nested_deep_is_no_bug(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        deep: Any = {}
        for _ in range(900):
            deep = [deep]
        status, _ = await served.post("/webhook", {"action": "ANNOTATION_CREATED", "project": 1, "annotation": deep})
        assert status == 201


def test_what_comes_from_elsewhere_makes_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to_terminal():
        logging.getLogger("runner.label_studio.ml_backend.x").warning("one\nforged \x1b[2J \x9b%s", "31m")
    assert len(capsys.readouterr().err.splitlines()) == 1


BOTH = "GOLDLOOP_SERVE_USER", "GOLDLOOP_SERVE_PASSWORD"


@pytest.mark.parametrize("only", BOTH)
def test_half_a_login_is_refused_on_both_sides(only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(only, "half-of-it")
    for reads in (login_of, Credentials.from_environment):
        with refused(ConfigError, "key-missing", key=({*BOTH} - {only}).pop()):
            reads(*BOTH)


async def test_a_full_queue_of_webhooks_is_told(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.fault = lambda body, number: (200, completion("Other"), {})
    held = asyncio.Event()

    async def slow(name: str) -> str:
        await held.wait()
        return "done"

    async with backend(tmp_path, endpoint, most_events=1, train=slow) as served:
        answers = [await served.post("/webhook", {"action": "START_TRAINING", "project": 1}) for _ in range(5)]
        assert answers[0][0] == 201 and answers[-1][0] == 503 and answers[-1][1]["code"] == "too-many-webhooks"
        held.set()
        await served.parts.events.settled()
