"""The wheel is goldloop: built and installed without network, it runs where no checkout is."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from paths import ROOT

pytestmark = [pytest.mark.uncovered, pytest.mark.xdist_group("wheel")]  # what is run is not what is measured


def done(words: Sequence[str | Path], directory: Path) -> str:
    environment = Goldloop(directory, covered=False).environment
    environment.pop("PYTHONPATH", None)
    ended = subprocess.run(words, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment in which only the wheel is installed, beside what goldloop depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-index", "-qq"]
    done([*pip, "wheel", *alone, "--no-build-isolation", "-w", folder / "dist", ROOT], folder)
    [wheel] = (folder / "dist").glob("goldloop-*.whl")
    fresh = folder / "fresh"
    done([sys.executable, "-m", "venv", "--without-pip", fresh], folder)
    [packages] = fresh.glob("lib/python*/site-packages")
    # A path in a .pth file is added, but no .pth file in there is read: the editable install is not seen.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    done([*pip, "--python", fresh / "bin" / "python", "install", *alone, wheel], folder)
    return fresh / "bin"


def test_what_is_imported_is_the_wheel_with_its_types_and_all_of_conf(installed: Path, tmp_path: Path) -> None:
    code = "import runner, verifiers; print(runner.__file__); print(verifiers.__file__)"
    found = [Path(line).parent for line in done([installed / "python", "-c", code], tmp_path).splitlines()]
    [packages] = installed.parent.glob("lib/python*/site-packages")
    assert found == [packages / "runner", packages / "verifiers"]
    assert all((folder / "py.typed").is_file() for folder in found)
    for room in ("conf", "runner", "verifiers"):
        tracked = done(["git", "-C", ROOT, "ls-files", room], tmp_path).splitlines()
        assert [name for name in tracked if not (packages / name).is_file()] == []


def test_from_an_empty_directory_it_helps_checks_and_runs(installed: Path, tmp_path: Path, endpoint: Endpoint) -> None:
    goldloop = installed / "goldloop"
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}"]
    words = [*model, "optimizer=demos", "epochs=1", "tracker=none"]
    assert "goldloop" in done([goldloop, "--help"], tmp_path)
    assert "60 gold items" in done([goldloop, "check", *words], tmp_path)
    assert endpoint.requests == [] and not list(tmp_path.iterdir())
    directory = tmp_path / done([goldloop, *words], tmp_path).splitlines()[-1]
    result = json.loads((directory / "result.json").read_text())
    assert (result["status"], result["epochs"]) == ("finished", 1)
    assert result["calls"]["provider"] == len(endpoint.requests) > 60
