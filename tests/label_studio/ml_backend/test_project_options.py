"""What is a project's own: the control with the labels, and which prompts of people it is served with."""

import json
from pathlib import Path

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area, choices
from goldloop_process import Goldloop
from ml_backend import PROMPT, backend, seen, tasks
from refusals import refused

from runner.cli.main import COMMANDS
from runner.cli.serve import serve
from runner.config.command_line import parse_command_line
from runner.core.error_codes import Code
from runner.core.errors import ConfigError, DataError
from runner.label_studio.ml_backend.project_options import OneProject, ProjectOptions
from runner.label_studio.ml_backend.projects import ADOPTED, Chosen
from runner.runs.prompt_to_use import Which

TWO = """<View><Text name="t" value="$text"/>
<Choices name="intent" toName="t"><Choice value="Order"/><Choice value="Refund"/></Choices>
<Choices name="tone" toName="t"><Choice value="Calm"/><Choice value="Angry"/></Choices></View>"""


async def test_projects_with_one_choices_and_with_two_are_served_side_by_side(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint, own={"2": OneProject(control="tone")}) as served:
        await served.set_up(1)
        await served.set_up(2, TWO)
        assert (await served.post("/setup", {"project": "3.1", "schema": TWO}))[0] == 200
        assert (await served.parts.serving.interface("3")).names == ("intent", "tone")
        interfaces = [await served.parts.serving.interface(name) for name in ("1", "2")]
        assert [one.choices.name for one in interfaces] == ["labels", "tone"]
        assert list(interfaces[1].labels) == ["Calm", "Angry"]


def test_the_message_names_the_very_words_to_give() -> None:
    option = "serve.projects.3.control"
    with refused(DataError, "control-unknown", option, f"{option}=NAME", "intent, tone"):
        ProjectOptions(own={"3": OneProject(control="topic")}).read("3", TWO)


def test_a_control_for_all_is_read_where_it_is_and_a_project_may_have_another() -> None:
    options = ProjectOptions(control="intent", own={"2": OneProject(control="tone")})
    assert [options.control_of(name, TWO) for name in ("1", "2")] == ["intent", "tone"]
    assert options.control_of("1", INTERFACE) is None  # which has no such control, and one Choices only
    assert options.read("1", INTERFACE).choices.name == "labels"
    assert [options.control_of(name, "") for name in ("1", "2")] == ["intent", "tone"]  # not asked yet
    assert options.read("4", TWO.replace('"intent"', '"topic"')).names == ("topic", "tone")


@pytest.mark.parametrize(
    ("own", "replaced"), [({}, False), ({"1": OneProject(prompt_from="typed")}, True), ({"2": OneProject()}, False)]
)
async def test_an_adopted_prompt_stays_when_another_is_tried_and_goes_when_one_is_submitted(
    own: dict[str, OneProject], replaced: bool, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint, own=own) as served:
        await served.set_up()
        await served.type(PROMPT)
        await served.parts.projects.change("1", adopted=Chosen("Proved.", "2999", ADOPTED, "outputs/gone", "better"))
        before = len(endpoint.requests)
        assert (await served.type("A trial."))["labels"]
        assert "A trial." in json.dumps(endpoint.requests[before]["messages"])  # answered with its own prompt
        if replaced:
            assert served.parts.projects.get("1").typed.text == "A trial."  # type: ignore[union-attr]
            return
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "Proved."
        assert seen((await served.predict(tasks(1)))[0])["prompt"] == ["Proved."]
        await served.parts.projects.change("1", adopted=Chosen("Proved.", "2000", ADOPTED, "outputs/gone", "better"))
        await served.submit("A trial.")
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "A trial."


@pytest.mark.parametrize(
    ("verdict", "which", "stays"),
    [("better", "best", True), ("undecided", "best", False), ("worse", "initial", False), ("better", "initial", False)],
)
async def test_a_run_that_was_proved_better_is_not_lost_to_a_trial(
    verdict: str, which: Which, stays: bool, tmp_path: Path, endpoint: Endpoint
) -> None:
    run = Chosen("Of the run.", "2000", "serve.run", "outputs/gone", verdict, which)
    async with backend(tmp_path, endpoint, others=(run,)) as served:
        await served.set_up()
        assert (await served.type("A trial."))["labels"]
        assert (await served.get("/versions"))["projects"][0]["prompt"] == ("Of the run." if stays else "A trial.")


async def test_who_labels_after_a_trial_does_not_replace_the_adopted_prompt(tmp_path: Path, endpoint: Endpoint) -> None:
    """Trying a prompt, correcting the labels, ticking the box and Submit: the labels were meant, not the prompt."""
    run = Chosen("Of the run.", "2000", "serve.run", "outputs/gone", "better", "best")
    async with backend(tmp_path, endpoint, others=(run,)) as served:
        await served.set_up()
        await served.type("A trial.")
        labelled = annotation(area("A trial."), choices(["Other"]), choices(["yes"], "checked"))
        await served.event("ANNOTATION_CREATED", annotation=labelled)
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "Of the run."
        await served.event("ANNOTATION_CREATED", annotation=annotation(area("Meant."), choices(["Other"])))
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "Meant."


@pytest.mark.parametrize("policy", ["typed", "submitted", "none"])
async def test_a_project_may_have_another_policy_than_the_server(
    policy: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    own = {"1": OneProject(prompt_from=policy)}  # type: ignore[arg-type]
    async with backend(tmp_path, endpoint, prompt_from="none", own=own) as served:
        await served.set_up()
        for prompt, brings in (("tried", policy == "typed"), ("submitted", policy != "none")):
            await (served.type if prompt == "tried" else served.submit)(prompt)
            assert ((await served.get("/versions"))["projects"][0]["prompt"] == prompt) == brings


@pytest.mark.parametrize(
    ("word", "code", "key"),
    [
        ("serve.projects.x.control=a", "bad-value", "serve.projects.x"),
        ("serve.projects.3.prompt_from=bad", "bad-value", "serve.projects.3.prompt_from"),
        ("serve.projects.3.contrl=a", "option-unknown", "serve.projects.3.contrl"),
        ("serve.projects={3: {contrl: a}}", "option-unknown", "serve.projects.3.contrl"),
    ],
)
def test_what_is_no_option_of_a_project_is_named(word: str, code: Code, key: str) -> None:
    with refused(ConfigError, code, key):
        serve(parse_command_line(["serve", "provider=openai", word], COMMANDS))


@pytest.mark.uncovered
def test_a_training_reads_the_labels_of_the_control_of_its_project(goldloop: Goldloop, endpoint: Endpoint) -> None:
    import httpx
    import yaml
    from serve_process import serving, wait_for

    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "prompt=Own"]
    with serving(goldloop, *words, "serve.projects.3.control=tone", "studio.control=intent") as url:
        for project in (3, 4):
            body = {"project": f"{project}.1", "schema": TWO}
            assert httpx.post(f"{url}/setup", json=body).status_code == 200
            httpx.post(f"{url}/webhook", json={"action": "START_TRAINING", "project": {"id": project}})
        files = [goldloop.directory / f"outputs/serve/trainings/{project}/config.yaml" for project in (3, 4)]
        wait_for(lambda: all(file.is_file() for file in files), 30)
        configs = [yaml.safe_load(file.read_text()) for file in files]
    assert [(one["studio"]["control"], one["dataset"]["control"]) for one in configs] == [
        ("tone",) * 2,
        ("intent",) * 2,
    ]
