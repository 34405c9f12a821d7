"""A prompt that chooses its examples for each text is measured, labelled with and reproduced as one and the same."""

import json
from pathlib import Path

from endpoint import Endpoint
from goldloop_process import Goldloop

from runner.core.items import Data
from runner.core.prompt import Demo, Prompt, default_prompt
from verifiers.labels import Labels

ROWS = 24


def test_one_text_is_the_whole_prompt_wherever_it_is_used(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data, tmp_path: Path
) -> None:
    pool = [Demo(item.text, item.gold or ()) for item in sample.items[:10]]
    prompt = default_prompt(Labels(sample.labels).instructions()).with_demos(pool, turns=True, nearest=3)
    (tmp_path / "pool.txt").write_text(prompt.render())
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model"]
    run = goldloop(*model, "prompt_file=pool.txt", "optimizer=demos", "optimizer.nearest=[3]", "epochs=1", "study=run")
    assert run.returncode == 0, run.stderr
    directory = run.stdout.splitlines()[-1]
    best = Prompt((tmp_path / directory / "best_prompt.txt").read_text().removesuffix("\n"))
    assert Prompt((tmp_path / directory / "initial_prompt.txt").read_text().removesuffix("\n")) == prompt
    again = goldloop("reproduce", directory)
    assert again.returncode == 0 and "identical" in again.stdout, again.stdout + again.stderr

    endpoint.requests.clear()
    rows = [{"id": str(number), "text": f"{item.text} Again."} for number, item in enumerate(sample.items[:ROWS])]
    (tmp_path / "rest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for row, item in zip(rows, sample.items, strict=False):
        endpoint.answers[row["text"]] = item.gold or ()  # type: ignore[index]
    labelled = goldloop("label", directory, "dataset.path=rest.jsonl", "which=best", "sink.reply=true")
    assert labelled.returncode == 0, labelled.stderr
    asked = {body["messages"][-1]["content"]: body["messages"] for body in endpoint.requests}
    assert asked == {row["text"]: best.messages(row["text"]) for row in rows}
