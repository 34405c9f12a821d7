"""Predictions that the backend makes for tasks."""

import json
from pathlib import Path

from endpoint import Endpoint
from exported import INTERFACE, annotation, area, choices, gold_tasks
from fakes import FakeProvider
from figures import figures
from ml_backend import PROMPT, backend, seen, tasks

from runner.core.calls import Reply
from runner.core.prompt import Demo, Prompt
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.ml_backend.projects import Chosen

BARE = """<View><Text name="t" value="$text"/><Choices name="kind" toName="t" choice="single">
<Choice value="good"/><Choice value="bad"/></Choices></View>"""


async def test_without_a_prompt_nothing_is_predicted_and_nobody_is_asked(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        assert await served.set_up() == "no-prompt"
        # An empty list: of an empty *result* Label Studio would store a prediction, and not ask again.
        assert await served.predict(tasks(3)) == [[], [], []]
    assert endpoint.requests == []


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
        for reason in ("refused", "out_of_list", "empty"):
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
        shown = await served.type("x" * 1_000_001)
        assert shown["labels"] == [] and figures(shown["response"][0]) == [1_000_000]
    assert endpoint.requests == []


async def test_a_typed_prompt_chooses_its_examples_for_each_task(tmp_path: Path, endpoint: Endpoint) -> None:
    first, *others = tasks(9)
    pool = [Demo(text, ("Payment",)) for text in list(endpoint.answers)[:20]]
    names = "\n".join(f"- {label}" for label in read_interface(INTERFACE).labels)
    prompt = Prompt(f"Which intents does it show?\n{names}").with_demos(pool, turns=True, nearest=2)
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(prompt.render(), first)
        await served.predict([first, *others])
    asked = {body["messages"][-1]["content"]: body["messages"] for body in endpoint.requests}
    assert len(asked) == 9
    for text, messages in asked.items():
        assert messages == prompt.messages(text) and len(messages) == 1 + 2 * 2 + 1
        assert text not in {message["content"] for message in messages[:-1]}
