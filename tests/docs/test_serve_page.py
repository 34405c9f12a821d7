"""Each ``goldloop serve`` of docs/serve.md starts, and shows its pages."""

import shlex

import httpx
import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from markdown import blocks
from paths import ROOT
from serve_process import serving

pytestmark = [pytest.mark.uncovered]

PAGE = ROOT / "docs/serve.md"
COMMANDS = [
    line for block in blocks(PAGE, "console") for line in block.splitlines() if line.startswith("goldloop serve")
]


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) >= 2


@pytest.mark.parametrize("command", COMMANDS)
def test_it_starts(command: str, goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = shlex.split(command)[2:]
    with serving(goldloop, *words, f"provider.base_url={endpoint.url}", "provider.model=fake-model") as url:
        answer = httpx.get(url, headers={"Accept": "text/html"})
        assert answer.status_code == 200 and "Projects" in answer.text
