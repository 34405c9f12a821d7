"""A project of a real Label Studio made ready, and what is said where a part does not answer."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exported import INTERFACE, SAMPLE, annotation, area, choices, rows
from figures import figures
from goldloop_process import Goldloop
from refusals import refused

from runner.core.errors import DataError, StudioError
from runner.label_studio.backend_connection import Credentials
from runner.label_studio.client import Studio, connect
from runner.label_studio.dataset import tasks_of
from runner.label_studio.dev_server.server import Server
from runner.label_studio.diagnose import check
from runner.label_studio.project import Wanted, import_tasks, make_project

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]


@pytest.fixture
def at(goldloop: Goldloop, studio: Server) -> Goldloop:
    """goldloop as a process that knows the server."""
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    return goldloop


@pytest.fixture
def client(studio: Server) -> Iterator[Any]:
    import httpx
    from label_studio_sdk.client import LabelStudio

    with httpx.Client(timeout=60, follow_redirects=True) as http:
        yield LabelStudio(base_url=studio.url, api_key=studio.access.token, httpx_client=http)


def made(at: Goldloop, title: str, *words: str) -> "tuple[str, str]":
    done = at("studio", f"studio.project={title}", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stdout.split("/projects/")[1].split("/")[0]


def line_with(part: str, out: str) -> str:
    """The one line of what was printed that holds ``part``."""
    [line] = [line for line in out.splitlines() if part in line]
    return line


def test_set_up_is_done_once_however_often_it_is_asked_for(at: Goldloop, client: Any, tmp_path: Path) -> None:
    words = [f"studio.labels={SAMPLE}/labels.yaml", f"studio.tasks={SAMPLE}/gold.jsonl"]
    first, project = made(at, "Set up", *words)
    assert "created" in first and figures(line_with("imported", first)) == [60, 60, 0, 60]
    assert figures(line_with("ok       tasks:", first)) == [60, 60]
    again, same = made(at, "Set up", *words)
    assert same == project and "is there" in again and figures(line_with("were there", again)) == [60, 60]
    more, _ = made(at, "Set up", f"studio.tasks={SAMPLE}/unlabelled.jsonl", "step=tasks")
    assert figures(line_with("imported", more)) == [200, 0, 0, 260]
    assert client.projects.get(id=int(project)).ground_truth_number == 60
    checked = at("studio", f"studio.project={project}", "step=check")
    assert checked.returncode == 0, checked.stdout
    interface = line_with("interface:", checked.stdout)
    assert figures(interface) == [10] and " dialogue; " in interface and "prompt and reply" in interface


def test_a_project_is_an_experiment_and_its_typed_prompt_where_it_begins(
    at: Goldloop, client: Any, endpoint: Any, tmp_path: Path
) -> None:
    words = [f"studio.labels={SAMPLE}/labels.yaml", f"studio.tasks={SAMPLE}/gold.jsonl"]
    _, project = made(at, "Experiment", *words)
    task = next(iter(client.tasks.list(project=int(project))))
    client.annotations.create(id=task.id, result=[area("Which intents? {json}")])
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    done = at("dataset=label_studio", "studio.project=Experiment", *model, "epochs=1")
    assert done.returncode == 0, done.stderr
    assert 60 in figures(done.stdout)
    run = tmp_path / done.stdout.splitlines()[-1]
    assert (run / "initial_prompt.txt").read_text().startswith("Which intents? {json}\n")
    saved = "".join(path.read_text() for path in (run / ".hydra").iterdir())
    assert at.environment["LABEL_STUDIO_API_KEY"] not in saved and "LABEL_STUDIO_API_KEY" in saved


def test_ones_own_interface_with_one_label_a_task(at: Goldloop, client: Any, tmp_path: Path) -> None:
    xml = """<View><Text name="t" value="$body"/><Choices name="kind" toName="t" choice="single">
    <Choice value="good"/><Choice value="bad"/></Choices></View>"""
    (tmp_path / "own.xml").write_text(xml)
    (tmp_path / "rows.csv").write_text("id,body,labels\n1,fine,good\n2,=awful,bad\n3,open,\n")
    out, project = made(at, "Own", "studio.config_file=own.xml", "studio.tasks=rows.csv")
    imported, interface = line_with("imported", out), line_with("interface:", out)
    assert figures(imported)[:2] == [3, 2] and figures(interface) == [2] and " body" in interface
    xml = xml.replace("</Choices>", '<Choice value="so-so"/></Choices>')
    (tmp_path / "own.xml").write_text(xml)
    out, same = made(at, "Own", "studio.config_file=own.xml")
    assert same == project and 'value="so-so"' in client.projects.get(id=int(project)).label_config


TWO = """<View><Text name="t" value="$body"/>
<Choices name="mood" toName="t"><Choice value="good"/><Choice value="bad"/></Choices>
<Choices name="intent" toName="t"><Choice value="buy"/><Choice value="leave"/></Choices></View>"""


def test_of_several_controls_the_one_that_is_named_is_set_up(at: Goldloop, client: Any, tmp_path: Path) -> None:
    (tmp_path / "two.xml").write_text(TWO)
    (tmp_path / "rows.csv").write_text("id,body,labels\n1,mine,buy\n2,bye,leave\n")
    words = ["studio.config_file=two.xml", "studio.tasks=rows.csv"]
    done = at("studio", "studio.project=Two", *words)
    assert done.returncode == 2 and "(mood, intent)" in done.stderr and "studio.control=NAME" in done.stderr
    out, _ = made(at, "Two", *words, "studio.control=intent")
    imported, interface = line_with("imported", out), line_with("interface:", out)
    assert figures(imported)[:2] == [2, 2] and interface.startswith("ok ") and " body" in interface
    (tmp_path / "two.xml").write_text(TWO.replace('"leave"', '"go"'))  # changed, and then only compared
    _, number = made(at, "Two", "studio.config_file=two.xml", "studio.control=intent", "step=project")
    assert '"go"' in client.projects.get(id=int(number)).label_config
    same, _ = made(at, "Two", "studio.labels=[buy,go]", "studio.control=intent", "step=project")
    assert "is there" in same
    none = at("studio", "studio.project=Three", "studio.labels=[a,b]", "studio.control=intent")
    assert none.returncode == 2 and "'intent'" in none.stderr and "is labels," in none.stderr
    assert "Three" not in [one.title for one in client.projects.list()]


@pytest.fixture
def server(studio: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as opened:
        yield opened


def test_the_interface_of_a_project_that_is_there_is_left_alone(server: Studio, client: Any, tmp_path: Path) -> None:
    def asked(labels: Any, choice: str = "multiple", file: str | None = None, tasks: str | None = None) -> str:
        return make_project(server, Wanted("By hand", labels, choice, file, tasks))[1]

    labels = ["Cardlost", "Refund"]
    assert "created" in asked(labels, "single")
    project = next(one.id for one in client.projects.list() if one.title == "By hand")
    edited = client.projects.get(id=project).label_config.replace("The model's reply", "What it says")
    client.projects.update(id=project, label_config=edited)
    (tmp_path / "rows.jsonl").write_text('{"text": "no dialogue"}')
    assert asked(labels, tasks=f"{tmp_path}/rows.jsonl") == f"project {project} 'By hand' is there"
    assert "other definitions" in asked({"Cardlost": "of a card", "Refund": "of money"})
    with refused(StudioError, "interface-differs", "studio.labels", "Card lost", "Cardlost", "studio.config_file="):
        asked(["Card lost", "Refund"])
    assert client.projects.get(id=project).label_config == edited
    (tmp_path / "own.xml").write_text(edited.replace("Cardlost", "Card lost").replace('"single"', '"multiple"'))
    assert "changed" in asked(None, file=f"{tmp_path}/own.xml")
    assert "Card lost" in client.projects.get(id=project).label_config
    assert asked(None, file=f"{tmp_path}/own.xml").endswith("is there")
    with refused(StudioError, "interface-differs", "studio.choice"):
        asked(["Card lost", "Refund"], "single")


def test_a_project_made_by_hand_without_an_interface_gets_one(server: Studio, client: Any) -> None:
    project = client.projects.create(title="Empty")
    found, done = make_project(server, Wanted("Empty", ["a", "b"], "multiple", None, None))
    assert found.id == project.id and "changed" in done
    assert [name in found.label_config for name in ('value="a"', 'value="b"')] == [True, True]


def test_a_row_with_the_id_of_another_text_is_named_and_nothing_is_sent(
    server: Studio, client: Any, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,text\n1,one\n2,two\n")
    project, _ = make_project(server, Wanted("Same id", ["a", "b"], "multiple", None, f"{rows}"))
    import_tasks(server, project, f"{rows}")
    rows.write_text("id,text\n1,one\n2,zwei\n3,three\n")
    with refused(DataError, "id-repeated", "row 3", "'2'"):
        import_tasks(server, project, f"{rows}")
    assert client.projects.get(id=project.id).task_number == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["studio.project=No such"], "studio.labels="),
        (["studio.project=987654"], "studio.project"),
        ([], "studio.project"),
        (["studio.project=My", "title"], "'title'"),
        (["studio.project=ab", f"studio.labels={SAMPLE}/labels.yaml"], "studio.project='ab'"),
        (["studio.project=abc", "studio.labels=[a,A]"], "studio.labels: "),
        (["studio.project=abc", "studio.labels=none.yaml"], "studio.labels: none.yaml"),
        (["studio.project=abc", "studio.config_file=none.xml"], "studio.config_file: none.xml"),
        (["studio.project=abc", "step=backend"], "studio.backend=http"),
        (["studio.project=abc", "studio.bakend=x"], "studio.backend?"),
        (["studio.project=abc", "push=a", "queue=b"], "push and queue"),
        (["studio.project=abc", "step=everything"], "step"),
        (["studio.project=abc", "studio.url=http://user:pw123456@h"], "studio.url"),
    ],
)
def test_bad_input_is_refused_in_one_line(at: Goldloop, words: list[str], message: str) -> None:
    done = at("studio", *words)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_wrong_address_and_wrong_token_say_what_to_do(studio: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    good = studio.access.token
    cases = [
        (dead, good, "unreachable", dead),
        ("nonsense", good, "unreachable", "studio.url="),
        (studio.url, "f" * 40, "key-refused", "LABEL_STUDIO_API_KEY"),
        (studio.url, "", "key-missing", "LABEL_STUDIO_API_KEY"),
        (f"{studio.url}/nowhere", good, "not-found", f"{studio.url}/nowhere"),
    ]
    for url, token, code, shown in cases:
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
        [finding] = check(url, "LABEL_STUDIO_API_KEY", "abc", None, Credentials("", ""))
        assert (finding.part, finding.code) == ("server", code) and shown in (finding.problem or "")
        assert "f" * 40 not in str(finding) and len(str(finding.problem).splitlines()) == 1


def test_a_part_that_does_not_answer_is_exit_code_1(at: Goldloop) -> None:
    done = at("studio", "studio.project=abc", "step=check", LABEL_STUDIO_API_KEY="f" * 40)
    assert done.returncode == 1 and "PROBLEM  server: " in done.stdout, done.stderr
    assert "f" * 40 not in done.stdout + done.stderr


def test_rows_that_the_interface_cannot_show_are_named_and_nothing_is_sent(
    at: Goldloop, client: Any, tmp_path: Path
) -> None:
    lines: list[Any] = [{"id": 1, "dialogue": [{"author": "a", "text": "b"}], "labels": ["Nonsense"]}]
    lines += [{"id": 2, "text": "x"}, {"id": 3, "dialogue": "a: b"}, {"data": {"dialogue": []}, "annotations": "none"}]
    (tmp_path / "bad.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = at("studio", "studio.project=Bad rows", f"studio.labels={SAMPLE}/labels.yaml", "studio.tasks=bad.jsonl")
    assert done.returncode == 2
    for row in ("row 1: the label 'Nonsense' ", "row 2: no text ", "row 3: the dialogue ", "row 4: annotations "):
        assert row in done.stderr
    project = next(one for one in client.projects.list() if one.title == "Bad rows")
    assert project.task_number == 0


def test_an_exports_annotations_stay_whose_they_are(server: Studio, client: Any, tmp_path: Path) -> None:
    project, _ = make_project(server, Wanted("Exported", ["a", "b"], "multiple", None, None))
    said = [
        annotation(choices(["a"]), parent_prediction=1, lead_time=None, completed_by=77),
        annotation(choices(["b"]), parent_prediction=1, lead_time=4.0, completed_by=77),
        annotation(choices(["b"]), ground_truth=True, completed_by=78),
    ]
    tasks = [{"data": {"dialogue": row["dialogue"]}, "annotations": said} for row in rows("gold")[:2]]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    told = import_tasks(server, project, f"{tmp_path}/export.json")
    assert figures(told) == [2, 2, 0, 2, 2, 2]
    task = next(iter(tasks_of(server, project.id)))
    kept = [(entry["lead_time"], entry["ground_truth"]) for entry in task["annotations"]]
    assert sorted(kept, key=str) == [(4.0, False), (None, True)]


def test_gold_of_a_project_by_each_rule(at: Goldloop, client: Any, tmp_path: Path) -> None:
    project = client.projects.create(title="Rules", label_config=INTERFACE)
    one = client.users.whoami().id
    two = client.users.create(email="second@example.com", username="second").id
    tasks = [
        {
            "data": {"dialogue": row["dialogue"]},
            "annotations": [
                {"completed_by": one, "result": [choices(row["labels"])]},
                {"completed_by": two, "result": [choices(row["labels"] if number % 5 else ["Other"])]},
            ],
        }
        for number, row in enumerate(rows("gold"))
    ]
    client.projects.import_tasks(id=project.id, request=tasks)
    from runner.label_studio.dataset import LabelStudio

    def load(gold: Any, monkey: pytest.MonkeyPatch) -> Any:
        monkey.setenv("LABEL_STUDIO_API_KEY", at.environment["LABEL_STUDIO_API_KEY"])
        return LabelStudio(at.environment["LABEL_STUDIO_URL"], project=project.id, gold=gold).load()

    with pytest.MonkeyPatch.context() as monkey:
        assert len(load("all", monkey).items) == 60
        agreed = load("agreed", monkey)
    assert 48 <= len(agreed.items) <= 50 and agreed.agreement.items == 60


def test_what_a_new_project_lacks_is_a_next_step_and_no_problem(at: Goldloop, tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    out, _ = made(at, "Nothing yet", "studio.labels=[a,b]")
    assert "studio.tasks=" in line_with("next     tasks: ", out) and "PROBLEM" not in out
    out, project = made(at, "Brand new", "studio.labels=[a,b]", "studio.tasks=texts.jsonl")
    assert figures(line_with("next     tasks: ", out)) == [2] and "PROBLEM" not in out
    done = at("studio", f"studio.project={project}", "step=check")
    assert done.returncode == 0 and figures(line_with("next     tasks: ", done.stdout)) == [2]


def test_a_renamed_label_is_found_and_an_alias_is_the_remedy(at: Goldloop, client: Any, tmp_path: Path) -> None:
    xml = """<View><Text name="t" value="$body"/><Choices name="kind" toName="t" choice="multiple">
    <Choice value="Billing"/><Choice value="Other"/></Choices></View>"""
    project = client.projects.create(title="Renamed", label_config=xml).id
    chosen = choices(["Billing"], "kind", "t")
    tasks = [{"data": {"body": f"text {number}"}} for number in range(12)]
    ids = client.projects.import_tasks(id=project, request=tasks, return_task_ids=True).task_ids
    for task in ids:
        client.annotations.create(id=task, result=[chosen], ground_truth=True)
    client.projects.update(id=project, label_config=xml.replace('"Billing"', '"Invoices & fees"'.replace("&", "&amp;")))

    def checked() -> tuple[int, str]:
        done = at("studio", f"studio.project={project}", "step=check")
        return done.returncode, line_with(" labels: ", done.stdout)

    code, told = checked()
    assert code == 1 and told.startswith("PROBLEM") and "'Billing'; 12 times" in told and 'alias="Billing"' in told
    run = at("check", "dataset=label_studio", f"studio.project={project}")
    assert run.returncode == 2 and 'alias="Billing"' in run.stderr
    renamed = xml.replace('"Billing"', '"Invoices &amp; fees" alias="Billing"')
    client.projects.update(id=project, label_config=renamed)
    assert checked()[0] == 0
    again = at("check", "dataset=label_studio", f"studio.project={project}", "split=none", "prompt=Which?")
    assert 'alias="Billing"' not in again.stderr and again.returncode == 0, again.stderr
