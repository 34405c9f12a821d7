"""Dockerfile and compose.yaml, as far as they can be checked without Docker: what they name is there and composes."""

import fnmatch
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from paths import ROOT

from runner.cli.main import COMMANDS
from runner.cli.serve import configured
from runner.config.command_line import parse_command_line

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LINES = re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
GOLDLOOP, STUDIO = COMPOSE["services"]["goldloop"], COMPOSE["services"]["label-studio"]


def settings_of(words: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    monkeypatch.chdir(ROOT)
    return configured(parse_command_line(words, COMMANDS))


def test_what_the_image_copies_is_there_and_is_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [source for line in LINES if line.startswith("COPY ") for source in line.split()[1:-1]]
    assert {"conf", "runner", "verifiers", "requirements/run.lock"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored
    assert ignored[1] == "*"  # all else stays out, .env first of all
    assert not any(fnmatch.fnmatch(".env", line[1:]) for line in ignored if line.startswith("!"))


def test_packages_are_installed_by_their_hashes() -> None:
    installs = [
        part for line in LINES if line.startswith("RUN ") for part in line[4:].split("&&") if "pip install" in part
    ]
    locks = [part for part in installs if ".lock" in part]
    assert len(locks) == 2 and all("--require-hashes" in part for part in locks)
    assert all("--no-index" in part for part in installs if part not in locks)


def test_it_runs_as_nobody_special_and_says_whether_it_is_well() -> None:
    users = [line.split()[1] for line in LINES if line.startswith("USER ")]
    assert users == ["goldloop"]
    assert LINES.index("USER goldloop") > max(place for place, line in enumerate(LINES) if line.startswith("RUN "))
    assert any(line.startswith("HEALTHCHECK") and "/health" in line for line in LINES)


def test_the_images_command_composes(monkeypatch: pytest.MonkeyPatch) -> None:
    [entry] = [json.loads(line.removeprefix("ENTRYPOINT ")) for line in LINES if line.startswith("ENTRYPOINT ")]
    [command] = [json.loads(line.removeprefix("CMD ")) for line in LINES if line.startswith("CMD ")]
    _, settings = settings_of(command, monkeypatch)
    assert entry == ["goldloop"]
    assert f"EXPOSE {settings.port}" in LINES
    assert settings.host == "0.0.0.0"  # noqa: S104


def test_composes_command_composes_and_finds_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    config, settings = settings_of(GOLDLOOP["command"], monkeypatch)
    environment = GOLDLOOP["environment"]
    assert {settings.user_env, settings.password_env, config.provider.api_key_env} <= set(environment)
    assert {"LABEL_STUDIO_URL", config.studio.token_env} <= set(environment)
    assert environment["LABEL_STUDIO_URL"] == "http://label-studio:8080"
    assert GOLDLOOP["ports"] == [f"127.0.0.1:{settings.port}:{settings.port}"]
    state = Path(settings.state).parts[0]
    assert GOLDLOOP["volumes"] == [f"outputs:/home/goldloop/work/{state}"]
    assert f"VOLUME /home/goldloop/work/{state}" in LINES


def test_label_studio_may_reach_the_backend() -> None:
    assert STUDIO["environment"]["LABEL_STUDIO_ML_BLOCK_LOCAL_IP"] == "false"
    assert STUDIO["environment"]["LABEL_STUDIO_SSRF_PROTECTION_ENABLED"] == "false"
    version = re.search(r"^label-studio==(\S+)", (ROOT / "requirements/label-studio.lock").read_text(), re.MULTILINE)
    assert version and STUDIO["image"].endswith(f":{version[1]}")


def test_no_secret_stands_in_the_files() -> None:
    for service in (GOLDLOOP, STUDIO):
        for name, value in service["environment"].items():
            if re.search(r"KEY|TOKEN|PASSWORD", name) and name != "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN":
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
