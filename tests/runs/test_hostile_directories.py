"""Run directories that were made to hurt: each is one line with the file and the reason, within seconds."""

import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from goldloop_process import Goldloop
from refusals import refused
from run_directories import make_run

from runner.analysis.compare.runs import entries
from runner.core.error_codes import Code
from runner.core.errors import DataError
from runner.label_studio.disagreements import read_disagreements
from runner.label_studio.origin import read_origin
from runner.label_studio.sink import rows_of
from runner.labelling.run_result import label_result_of
from runner.runs.reader import data_in
from runner.runs.run_files import last_epoch, yaml_of

MEGABYTE = 1 << 20
LAUGHS = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))])


def write(name: str, content: str | bytes) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def pipe(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / name).unlink()
        os.mkfifo(run / name)

    return change


def ring(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / name).unlink()
        (run / name).symlink_to(name.rpartition("/")[2])

    return change


def folder(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / name).unlink()
        (run / name).mkdir()

    return change


def huge(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        with (run / name).open("r+b") as file:
            file.truncate(5000 * MEGABYTE)

    return change


def row(**changes: object) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        lines = (run / "predictions.jsonl").read_text().splitlines()
        first = json.dumps({**json.loads(lines[0]), **changes})
        (run / "predictions.jsonl").write_text("\n".join([first, *lines[1:]]) + "\n")

    return change


CONFIG, WORDS = ".hydra/config.yaml", ".hydra/overrides.yaml"
HOSTILE: list[tuple[Callable[[Path], None], Code]] = [
    (write("result.json", "[" * 100_000), "too-deep"),
    (write("result.json", '{"a":' * 900 + "1" + "}" * 900), "too-deep"),
    (write("result.json", b"\xff\xfe"), "unreadable"),
    (write("result.json", "[]"), "wrong-shape"),
    (write("result.json", "{}"), "wrong-shape"),
    (write("result.json", '{"version": 1, "status": ' + "1" * 5000 + "}"), "not-json"),
    (huge("result.json"), "too-large"),
    (pipe("result.json"), "unreadable"),
    (ring("result.json"), "is-a-link"),
    (folder("result.json"), "unreadable"),
    (write("predictions.jsonl", '{"id": ' + "[" * 50_000 + "\n"), "too-deep"),
    (write("predictions.jsonl", ""), "run-damaged"),
    (write("predictions.jsonl", '{"id": "1"}\n'), "wrong-shape"),
    (huge("predictions.jsonl"), "too-large"),
    (pipe("predictions.jsonl"), "unreadable"),
    (write("predictions.jsonl", "\n" * 600_000), "too-large"),
    (row(credit=float("nan")), "wrong-shape"),
    (row(credit=float("inf")), "wrong-shape"),
    (row(seconds=10**400), "wrong-shape"),
    (row(cost_usd=1e200), "run-damaged"),
    (write(CONFIG, LAUGHS), "not-yaml"),
    (write(CONFIG, "a: &a\n  b: *a\n"), "not-yaml"),
    (write(CONFIG, "a: !!python/object/apply:os.system [true]"), "not-yaml"),
    (write(CONFIG, "a: 2001-99-99"), "not-yaml"),
    (write(CONFIG, "? [a, b]\n: c\n? {d: e}\n: f\n"), "not-yaml"),
    (write(CONFIG, "[" * 5_000), "too-deep"),
    (write(CONFIG, "".join(f"{' ' * n}a:\n" for n in range(1_500))), "too-deep"),
    (write(CONFIG, "- a\n" * 2 * MEGABYTE), "too-large"),
    (write(CONFIG, "reward: 3\nprovider: {}\n"), "run-damaged"),
    (write(CONFIG, "just words"), "wrong-shape"),
    (write(WORDS, "5"), "wrong-shape"),
    (pipe(WORDS), "unreadable"),
    (pipe("best_prompt.txt"), "unreadable"),
    (huge("best_prompt.txt"), "too-large"),
    (write("best_prompt.txt", b"\xff"), "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code"), HOSTILE)
def test_one_hostile_directory_is_left_out_and_the_others_are_compared(
    change: Callable[[Path], None], code: Code, tmp_path: Path
) -> None:
    good = [make_run(tmp_path / name, [True, False] * 10) for name in "ab"]
    bad = make_run(tmp_path / "bad", [True, False] * 10)
    change(bad)
    began = time.monotonic()
    kept, left_out = entries([*good, bad])
    assert time.monotonic() - began < 5
    assert [entry.path for entry in kept] == good
    [one] = left_out
    assert (one.path, one.code, one.unread) == (bad, code, True)
    assert len(one.reason.splitlines()) == 1 and len(one.reason) < 600


PACKED: list[tuple[bytes, Code]] = [
    (gzip.compress(b"[" * 540 * MEGABYTE, 1), "too-large"),
    (gzip.compress(b'{"items": ' + b"[" * 100_000, 1), "too-deep"),
    (gzip.compress(b'{"items": []}', 1), "unreadable"),
    (gzip.compress(b'{"labels": {"A": ""}, "items": [[1]], "sha256": ""}', 1), "unreadable"),
    (gzip.compress(b'{"labels": {"A": "", "a": ""}, "items": [], "sha256": ""}', 1), "unreadable"),
    (gzip.compress(b'{"labels": {"A": ""}, "items": [], "sha256": "", "unlabelled": 1e999}', 1), "unreadable"),
    (gzip.compress(b'{"items": []}' * 1000, 1)[:-30], "unreadable"),
    (gzip.compress(b"a" * 100, 1)[:12] + b"\x00" * 40, "unreadable"),
    (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"\xff" * 90, "unreadable"),
    (b"", "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), PACKED, ids=range(len(PACKED)))
def test_data_that_are_packed_to_hurt_are_refused(content: bytes, code: Code, tmp_path: Path) -> None:
    (tmp_path / "data.json.gz").write_bytes(content)
    began = time.monotonic()
    with refused(DataError, code, tmp_path / "data.json.gz"):
        data_in(tmp_path)
    assert time.monotonic() - began < 5


def test_data_in_a_pipe_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "data.json.gz")
    with refused(DataError, "unreadable", tmp_path / "data.json.gz"):
        data_in(tmp_path)


def test_a_number_in_yaml_that_is_longer_than_any_is_a_text(tmp_path: Path) -> None:
    long = ":".join(["1"] * 1_000_000)
    (tmp_path / "config.yaml").write_text(f"a: {long}\nb: {'9' * 50_000}\nc: 12\nd: 0.30000000000000004\n")
    began = time.monotonic()
    assert yaml_of(tmp_path, "config.yaml") == {"a": long, "b": "9" * 50_000, "c": 12, "d": 0.30000000000000004}
    assert time.monotonic() - began < 5


def test_the_last_epoch_of_a_hostile_file_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "epochs.jsonl").write_text("[" * 100_000 + "\n")
    assert last_epoch(tmp_path) is None
    (tmp_path / "epochs.jsonl").unlink()
    os.mkfifo(tmp_path / "epochs.jsonl")
    assert last_epoch(tmp_path) is None


def test_compare_says_which_it_could_not_read_and_that_in_its_exit_code(goldloop: Goldloop) -> None:
    for name in ("a", "b", "bad", "worse"):
        make_run(goldloop.directory / "outputs/s" / name, [True, False] * 10)
    write(CONFIG, LAUGHS)(goldloop.directory / "outputs/s/bad")
    pipe("result.json")(goldloop.directory / "outputs/s/worse")
    (goldloop.directory / "empty").mkdir()
    done = goldloop("compare", "outputs/s", "empty")
    assert done.returncode == 1 and done.stderr == ""
    assert [line.split(":")[1].strip() for line in done.stdout.splitlines() if line.startswith("left out")] == [
        "empty",
        "outputs/s/bad",
        "outputs/s/worse",
    ]
    assert "3 could not be read" in done.stdout
    assert done.stdout.splitlines()[-1] == "outputs/s/compare.html"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (write("result.json", "[" * 100_000), ["reproduce", "run"]),
        (pipe("result.json"), ["label", "run"]),
        (write(CONFIG, LAUGHS), ["resume=run"]),
        (write(CONFIG, "[" * 5_000), ["resume=run"]),
        (write(CONFIG, LAUGHS), ["label", "resume=run"]),
    ],
)
def test_other_commands_refuse_it_in_a_line(
    goldloop: Goldloop, change: Callable[[Path], None], words: list[str]
) -> None:
    change(make_run(goldloop.directory / "run", [True, False] * 10))
    done = goldloop(*words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr


@pytest.mark.parametrize("change", [write("queue.json", "[" * 100_000), write("queue.json", '{"tasks": {"1": 3}}')])
def test_a_queue_that_was_made_to_hurt_is_refused(change: Callable[[Path], None], tmp_path: Path) -> None:
    change(tmp_path)
    with refused(DataError, "too-deep" if b"[[" in (tmp_path / "queue.json").read_bytes() else "damaged-file", None):
        read_disagreements(tmp_path)


def test_files_of_label_runs_that_were_made_to_hurt_are_refused(tmp_path: Path) -> None:
    for name, read in (("label_studio.json", read_origin), ("result.json", label_result_of)):
        os.mkfifo(tmp_path / name)
        with refused(DataError, "unreadable", None, name):
            read(tmp_path)
    record = tmp_path / "labels.jsonl"
    record.write_text("[" * 100_000 + "\n")
    with refused(DataError, "too-deep", None, "line 1"):
        list(rows_of(record))
