"""Labels back into the right project: which rows are its tasks', which control, which budget, and damaged records."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint import Endpoint
from exported import INTERFACE, choices, export, gold_tasks, rows
from figures import figures, sent
from goldloop_process import Goldloop
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import assume, given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from paths import ROOT
from refusals import refused

from runner.config.command_line import quoted
from runner.config.compose import composed
from runner.config.project_reading import reading_of
from runner.core.error_codes import Code
from runner.core.errors import ConfigError, DataError
from runner.core.items import Reading
from runner.datasets.sample import Sample
from runner.label_studio.client import Studio, connect, listed
from runner.label_studio.dev_server.server import Server
from runner.label_studio.origin import PinnedProject, read_origin, refuse_other_tasks, write_origin
from runner.label_studio.sink import rows_of

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

TWO = INTERFACE.replace("</View>", '<Choices name="mood" toName="dialogue"><Choice value="Good"/></Choices></View>', 1)


@pytest.fixture
def at(studio: Server, goldloop: Goldloop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    with connect(None, "LABEL_STUDIO_API_KEY") as server:
        yield server


def project(at: Studio, title: str, tasks: int = 4, xml: str = INTERFACE) -> int:
    made = at.client.projects.create(title=title, label_config=xml)
    data = [{"data": {"dialogue": row["dialogue"]}} for row in rows("unlabelled")[:tasks]]
    if data:
        at.client.projects.import_tasks(id=made.id, request=data)
    return int(made.id)


def predicted(at: Studio, number: int) -> int:
    return sum(task.total_predictions or 0 for task in listed(at.client.tasks.list(project=number, fields="all")))


def fails(goldloop: Goldloop, *words: str) -> str:
    done = goldloop(*words)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    return str(done.stderr)


@pytest.fixture
def model(endpoint: Endpoint) -> list[str]:
    endpoint.answers = {item.text: ["Payment"] for item in Sample().stream()} | dict(endpoint.answers)  # type: ignore[union-attr]
    return ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]


@pytest.fixture
def run(goldloop: Goldloop, model: list[str], tmp_path: Path) -> str:
    """An optimisation on the sample."""
    done = goldloop(*model, "epochs=0", "hydra.run.dir=outputs/done/0")
    assert done.returncode == 0, done.stderr
    return "outputs/done/0"


def test_rows_of_a_file_never_become_predictions_of_tasks(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    number, other = project(at, "Files"), project(at, "Others")
    (tmp_path / "rest.jsonl").write_text("".join(json.dumps({"text": f"text {n}"}) + "\n" for n in range(3)))
    asked = len(endpoint.requests)
    words = ["label", run, "dataset.path=rest.jsonl", "sink=label_studio", f"studio.project={number}"]
    told = fails(goldloop, *words)
    assert number in figures(told) and f"dataset=label_studio studio.project={number}" in told
    words = ["dataset=label_studio", "sink=label_studio", "studio.project=Files"]
    assert {number, other} <= set(figures(fails(goldloop, "label", run, *words, "dataset.project=Others")))
    exported = export(tmp_path, gold_tasks())
    told = fails(goldloop, "label", run, *exported, *words[1:])
    assert number in figures(told) and f"studio.project={number}" in told
    assert len(endpoint.requests) == asked  # nothing was paid for
    assert goldloop("label", run, "dataset.path=rest.jsonl", "study=file", "max_failed=1").returncode == 0
    [made] = tmp_path.glob("outputs/file/*")
    told = fails(goldloop, "studio", f"push={made}", f"studio.project={number}")
    assert number in figures(told) and f"studio.project={number}" in told
    tasks = ["dataset=label_studio", "studio.project=Others", "study=tasks", "max_failed=1"]
    done = goldloop("label", run, *tasks)
    assert done.returncode == 0, done.stderr
    [labelled] = tmp_path.glob("outputs/tasks/*")
    told = fails(goldloop, "studio", f"push={labelled}", "studio.project=Files")
    assert {number, other} <= set(figures(told))
    assert predicted(at, number) == predicted(at, other) == 0
    assert goldloop("studio", f"push={labelled}", f"studio.project={other}").returncode == 0  # by its number


def test_another_server_that_the_environment_names_is_refused(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    number = project(at, "Moves", 6)
    words = ["dataset=label_studio", "studio.project=Moves", "max_failed=1", "budget.calls=2", "provider.concurrency=1"]
    assert goldloop("label", run, *words).returncode == 0
    [part] = (path.relative_to(tmp_path) for path in tmp_path.glob("outputs/label/*"))
    assert read_origin(tmp_path / part) == PinnedProject(at.url, number)
    asked, elsewhere = len(endpoint.requests), at.url.replace("localhost", "127.0.0.1")
    assert elsewhere != at.url
    goldloop.environment["LABEL_STUDIO_URL"] = elsewhere
    told = fails(goldloop, "studio", f"push={part}", "studio.project=Moves")
    assert elsewhere in told and f"studio.url={at.url} " in told
    told = fails(goldloop, "label", f"resume={part}", "budget.calls=9")
    assert elsewhere in told and f"LABEL_STUDIO_URL={at.url}" in told
    goldloop.environment["LABEL_STUDIO_URL"] = at.url
    at.client.projects.update(id=number, title="Moved")
    other = project(at, "Moves", 6)
    told = fails(goldloop, "studio", f"push={part}", "studio.project=Moves")
    assert {number, other} <= set(figures(told))
    assert predicted(at, number) == predicted(at, other) == 0 and len(endpoint.requests) == asked
    done = goldloop("label", f"resume={part}", "budget.calls=9")
    assert done.returncode == 0, done.stderr  # it goes on with the tasks it began with, whatever their project's title
    done = goldloop("studio", f"push={part}", f"studio.project={number}")
    assert done.returncode == 0, done.stderr
    assert predicted(at, number) == 6


def test_without_a_record_the_configuration_tells_where_the_texts_are_from(at: Studio) -> None:
    number, other = project(at, "Was here", 0), project(at, "Is here", 0)
    target = at.project(number)
    for named in (number, "Was here"):
        refuse_other_tasks(Reading(None, named, exported=False, control=None, text_fields=None), at, target)
    elsewhere: list[tuple[str | None, int | str, Code, object]] = [
        (None, "Is here", "other-project", other),
        ("http://other:8080/", number, "other-server", "http://other:8080"),
    ]
    for url, named, code, key in elsewhere:
        with refused(DataError, code, key):
            refuse_other_tasks(Reading(url, named, exported=False, control=None, text_fields=None), at, target)


def test_a_damaged_origin_is_named(tmp_path: Path) -> None:
    assert read_origin(tmp_path) is None
    write_origin(tmp_path / "run", PinnedProject("http://a", 3))
    assert read_origin(tmp_path / "run") == PinnedProject("http://a", 3)
    for damage in ("", "[]", '{"url": "http://a"}', '{"url": 1, "project": 3}', '{"url": "http://a", "project": true}'):
        (tmp_path / "label_studio.json").write_text(damage)
        with refused(DataError, "damaged-file", tmp_path / "label_studio.json"):
            read_origin(tmp_path)


def test_what_a_configuration_says_it_read() -> None:
    node = {"_target_": "runner.label_studio.dataset.LabelStudio", "project": "${studio.project}", "path": None}
    read = reading_of({"dataset": node, "studio": {"project": 3}, "wrong": "${nowhere}"}, ())
    assert read == Reading(None, 3, exported=False, control=None, text_fields=None)
    before = {**node, "_target_": "runner.studio.dataset.LabelStudio"}  # as a run made at b484d99 names it
    assert reading_of({"dataset": before, "studio": {"project": 3}}, ()) == read
    assert reading_of({"dataset": {**node, "_target_": "os.system"}, "studio": {"project": 3}}, ()) is None
    assert reading_of({"dataset": {**node, "project": 1, "path": "x.json"}}, ()).exported  # type: ignore[union-attr]
    assert reading_of({"dataset": {"_target_": "runner.datasets.file.File"}}, ()) is None
    assert reading_of({}, ()) is None
    for evil in ("${oc.env:HOME}", "${nothing.there}"):
        with pytest.raises(ConfigError) as told:
            reading_of({"dataset": {**node, "project": evil}}, ())
        assert told.value.code in {"reads-environment", "bad-value"} and "the run's dataset" in str(told.value)


def test_a_push_reads_what_the_run_read_and_names_the_control(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, model: list[str], tmp_path: Path
) -> None:
    xml = TWO.replace("<View>", '<View><Text name="secret" value="$note"/>', 1)
    number = project(at, "Two controls", 0, xml)
    tasks = [{"data": {**task["data"], "note": "NOTE"}, "annotations": task["annotations"]} for task in gold_tasks()]
    at.client.projects.import_tasks(id=number, request=tasks)
    read = ["dataset=label_studio", "studio.project=Two controls", "dataset.text_fields=[dialogue]"]
    done = goldloop(*model, "epochs=0", *read, "dataset.control=labels", "hydra.run.dir=outputs/two")
    assert done.returncode == 0, done.stderr
    asked = len(endpoint.requests)
    unnamed = ["label", "outputs/two", *read, "sink=label_studio", "max_failed=1"]
    assert all(words in fails(goldloop, *unnamed) for words in ("'labels'", "'mood'", "studio.control="))
    assert re.search(r"\bmood\b", fails(goldloop, *unnamed, "studio.control=mood"))
    assert len(endpoint.requests) == asked
    pushed = goldloop("studio", "push=outputs/two", "studio.project=Two controls")
    assert pushed.returncode == 0, pushed.stderr
    assert sent(pushed.stdout)[-1] == len(tasks)
    assert not [body for body in endpoint.requests if "NOTE" in body["messages"][-1]["content"]]
    [made] = tmp_path.glob("outputs/label/*")
    again = goldloop("studio", f"push={made}", "studio.project=Two controls")
    assert again.returncode == 0, again.stderr
    assert sent(again.stdout)[:3] == [0, len(tasks), len(tasks)]


def test_after_a_run_its_budget_its_journal_and_its_last_line_hold(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, model: list[str], tmp_path: Path
) -> None:
    number = project(at, "After", 30)
    own = [*model, "studio.project=After", "studio.push=true", "max_failed=0.9", "journal.path=own.sqlite"]
    done = goldloop(*own, "epochs=0", "hydra.run.dir=outputs/a")
    assert done.returncode == 0, done.stderr
    assert sent(done.stdout)[:2] == [30, 30]
    assert done.stdout.splitlines()[-1] == "outputs/a/"
    [labelled] = tmp_path.glob("outputs/label/*/.hydra/config.yaml")
    assert "path: own.sqlite" in labelled.read_text() and "max_failed: 0.9" in labelled.read_text()
    assert not (tmp_path / "outputs/journal.sqlite").exists()
    alone = len([line for line in (tmp_path / "outputs/a/journal.jsonl").read_text().splitlines() if line])
    shutil.rmtree(tmp_path / "outputs")
    endpoint.requests.clear()
    fresh = [*own[:-1], "epochs=0"]
    short = goldloop(*fresh, f"budget.calls={alone + 5}", "hydra.run.dir=outputs/b", "journal.path=b.sqlite")
    assert short.returncode == 0, short.stderr
    assert "budget.calls=5 " in short.stdout and short.stdout.splitlines()[-1] == "outputs/b/"
    assert len(endpoint.requests) == alone + 5
    exact = goldloop(*fresh, f"budget.calls={alone}", "hydra.run.dir=outputs/c", "journal.path=c.sqlite")
    assert "nothing is pushed" in exact.stdout and "budget.calls " in exact.stdout
    assert exact.stdout.splitlines()[-1] == "outputs/c/" and len(endpoint.requests) == 2 * alone + 5
    stopped = goldloop(*fresh, "budget.calls=3", "hydra.run.dir=outputs/d", "journal.path=d.sqlite")
    assert stopped.returncode == 0 and "nothing is pushed" in stopped.stdout
    assert "goldloop studio studio.project=After push=outputs/d " in stopped.stdout
    assert stopped.stdout.splitlines()[-1] == "outputs/d/" and len(endpoint.requests) == 2 * alone + 8
    assert predicted(at, number) == 30


def test_annotations_can_be_asked_for_when_a_label_run_is_done(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    number = project(at, "Annotations", 5)
    words = ["dataset=label_studio", "dataset.tasks=unlabelled", "studio.project=Annotations", "sink=label_studio"]
    done = goldloop("label", run, *words, "max_failed=1")
    assert done.returncode == 0, done.stderr
    [made] = tmp_path.glob("outputs/label/*")
    assert json.loads((made / "result.json").read_text())["complete"] is True
    for task in list(listed(at.client.tasks.list(project=number)))[:2]:  # people go on meanwhile
        at.client.annotations.create(id=task.id, result=[choices(["Payment"])])
    asked = len(endpoint.requests)
    for _ in range(2):  # done again it says the same
        again = goldloop(f"resume={made.relative_to(tmp_path)}", "studio.annotations=true")
        assert again.returncode == 0, again.stderr
        assert "annotations made" in again.stdout
    bare = [task for task in listed(at.client.tasks.list(project=number, fields="all")) if not task.total_annotations]
    assert not bare and len(endpoint.requests) == asked


@pytest.mark.parametrize("title", ["Müller – Büro", 'it\'s "one" \\ of, {them}: ${x} [1]'])
def test_odd_titles_and_directories_are_just_text(
    title: str, at: Studio, goldloop: Goldloop, model: list[str], tmp_path: Path
) -> None:
    project(at, title, 2)
    goldloop.directory = tmp_path / "Büro Läufe – 1"
    goldloop.directory.mkdir()
    done = goldloop(*model, "epochs=0", f"studio.project={quoted(title)}", "studio.push=true", "max_failed=1")
    assert done.returncode == 0, done.stderr
    assert sent(done.stdout)[:2] == [2, 2]
    run = done.stdout.splitlines()[-1].rstrip("/")
    shutil.move(goldloop.directory / run, goldloop.directory / "Prüf lauf")
    again = goldloop("studio", 'push="Prüf lauf"', f"studio.project={quoted(title)}")
    assert again.returncode == 0, again.stderr
    assert sent(again.stdout)[:3] == [0, 2, 2]


@pytest.mark.parametrize(
    "text",
    [
        "Müller – Büro", "it's", 'a "b"', "end\\", '\\"', "a\\b", "${x}", "null", "12", "{x}, [y]", "日本", "a=b",
        "\\${x}", "\\\\${oc.env:HOME}", "a\\\n", '\\"${', "a\nb\\",
    ],
)  # fmt: skip
def test_a_quoted_text_is_read_back_as_it_was(text: str) -> None:
    assert composed(ROOT / "conf", "label", [f"studio.project={quoted(text)}"]).studio.project == text


@given(st.lists(st.sampled_from(["\\", '"', "'", "${", "}", "$", "?", "\n", "é, [=]:"])).map("".join))
def test_any_text_but_the_mark_of_a_missing_value_is_read_back(text: str) -> None:
    assume(text != "???")
    [override] = OverridesParser.create().parse_overrides([f"key={quoted(text)}"])
    assert OmegaConf.create({"key": override.value()}).key == text


@pytest.mark.parametrize(
    ("line", "code", "shown"),
    [
        ("nonsense", "not-json", ""),
        ("[1]", "wrong-shape", "[1]"),
        ("null", "wrong-shape", "None"),
        ("\udcff", "not-json", ""),
        ('{"labels": []}', "wrong-shape", " id"),
        ('{"id": "2", "labels": "Payment"}', "wrong-shape", "labels"),
        ('{"id": "2", "labels": [3]}', "wrong-shape", "labels"),
        ('{"id": "2", "labels": [], "score": "high"}', "wrong-shape", "score"),
        ('{"id": "2", "labels": [], "reply": 3}', "wrong-shape", "reply"),
    ],
)
def test_a_damaged_row_is_named_with_its_line(line: str, code: Code, shown: str, tmp_path: Path) -> None:
    record = tmp_path / "labels.jsonl"
    record.write_bytes(f'{{"id": "1", "labels": []}}\n{line}\n'.encode("utf-8", "surrogateescape"))
    with refused(DataError, code, record, "line 2: ", shown):
        list(rows_of(record))


def test_a_damaged_record_sends_nothing(at: Studio, goldloop: Goldloop, run: str, tmp_path: Path) -> None:
    number = project(at, "Damaged", 3)
    words = ["dataset=label_studio", f"studio.project={number}"]
    assert goldloop("label", run, *words, "max_failed=1").returncode == 0
    [made] = tmp_path.glob("outputs/label/*")
    record = made / "labels.jsonl"
    whole = record.read_text()
    for damage, told in (('{"id": "x1", "labels": []}', "'x1'"), ("{", "")):
        record.write_text(f"{whole}{damage}\n")
        error = fails(goldloop, "studio", f"push={made}", words[1])
        assert told in error and f"{record}, line 4: " in error
    assert predicted(at, number) == 0
