"""The ML backend as Label Studio asks it: which prompt is served, what is answered, what never is."""

from pathlib import Path

import pytest
from endpoint import Endpoint
from exported import area, choices
from ml_backend import PROMPT, backend, seen, tasks

from runner.core.prompt import Prompt, model_version


async def test_it_says_that_it_is_up(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        for path in ("/health", "/"):
            answer = await served.get(path)
            assert answer["status"] == "UP" and answer["model_class"]


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
