"""The embedded model's weights: joined once, checked, whole or not at all."""

import hashlib
import multiprocessing
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusals import refused

from runner.core.errors import ProviderError
from runner.providers.embedded_weights import (
    EMBEDDED,
    QWEN_CODER_1_5B,
    Weights,
    cache_directory,
    joined,
    refuse_missing,
)

CHUNKS = [b"first " * 1000, b"second " * 1000, b"last"]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Weights]:
    """Three packages with a chunk each."""
    modules = []
    for number, chunk in enumerate(CHUNKS, 1):
        name = f"chunk_package_of_the_tests_{number}"
        (tmp_path / "packages" / name / "data").mkdir(parents=True)
        (tmp_path / "packages" / name / "__init__.py").touch()
        (tmp_path / "packages" / name / "data" / f"part{number:02d}.bin").write_bytes(chunk)
        modules.append(name)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    whole = b"".join(CHUNKS)
    yield Weights("tiny", tuple(modules), len(whole), hashlib.sha256(whole).hexdigest())
    for name in modules:
        sys.modules.pop(name, None)


def test_chunks_are_joined_in_order_and_only_once(weights: Weights, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = joined(weights, cache=tmp_path / "cache", report=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == b"".join(CHUNKS)
    assert seen[-1] == (weights.size, weights.size)
    assert len(seen) == 3
    again = joined(weights, cache=tmp_path / "cache", report=lambda done, total: seen.append((done, total)))
    assert again == path
    assert len(seen) == 3
    assert not list((tmp_path / "cache").glob("*.partial"))


def test_a_half_written_file_is_made_anew(weights: Weights, tmp_path: Path) -> None:
    path = joined(weights, cache=tmp_path)
    path.write_bytes(b"half")
    (path.with_suffix(".partial")).write_bytes(b"left by a crash")
    assert joined(weights, cache=tmp_path).read_bytes() == b"".join(CHUNKS)


def test_wrong_bytes_are_refused_and_leave_nothing(weights: Weights, tmp_path: Path) -> None:
    forged = Weights("tiny", weights.modules, weights.size, "0" * 64)
    with refused(ProviderError, "damaged-file", "tiny"):
        joined(forged, cache=tmp_path)
    assert not list(tmp_path.glob("*.gguf")) + list(tmp_path.glob("*.partial"))


def test_missing_packages_are_named_with_what_to_do(tmp_path: Path) -> None:
    with refused(ProviderError, "package-missing", "no_such_chunk", "no-such-chunk", "goldloop[local]"):
        joined(Weights("tiny", ("no_such_chunk",), 1, "0"), cache=tmp_path)


def test_no_room_is_said_before_anything_is_written(weights: Weights, tmp_path: Path) -> None:
    with refused(ProviderError, "disk-full", tmp_path, "huge"):
        joined(Weights("huge", weights.modules, 1 << 60, "0"), cache=tmp_path)


def _join(weights: Weights, cache: Path, packages: str) -> None:
    sys.path.insert(0, packages)
    joined(weights, cache=cache)


def test_processes_at_once_do_not_harm_one_another(weights: Weights, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (weights, tmp_path / "cache", str(tmp_path / "packages"))
    processes = [context.Process(target=_join, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert joined(weights, cache=tmp_path / "cache").read_bytes() == b"".join(CHUNKS)


def test_where_models_are_kept_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDLOOP_CACHE", "/somewhere")
    assert cache_directory() == Path("/somewhere")
    monkeypatch.delenv("GOLDLOOP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_directory() == Path("/caches/goldloop")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache/goldloop"


def test_the_default_model_is_pinned() -> None:
    assert EMBEDDED[QWEN_CODER_1_5B.name] is QWEN_CODER_1_5B
    assert len(QWEN_CODER_1_5B.modules) == 22
    assert QWEN_CODER_1_5B.size == 1_117_320_768


def test_missing_weights_are_known_without_joining_any(tmp_path: Path) -> None:
    weights = Weights("tiny", ("no_such_chunk",), 4, "0" * 64)
    with refused(ProviderError, "package-missing", "no_such_chunk", "no-such-chunk"):
        refuse_missing(weights, tmp_path)
    (tmp_path / "tiny-000000000000.gguf").write_bytes(b"GGUF")  # joined before; the packages may go
    refuse_missing(weights, tmp_path)
