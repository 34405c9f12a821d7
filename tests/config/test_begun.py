"""A directory goes on only with the configuration that it was begun with; what differs is named."""

from pathlib import Path

import pytest
from configured import config_of
from omegaconf import OmegaConf
from refusals import refused

from runner.config.begun import refuse_other_run, refuse_other_sweep
from runner.config.saved_config import save_configuration
from runner.core.errors import ConfigError, DataError

MODEL = ("provider=openai", "provider.model=one", "optimizer=demos", "prompt=Do ${oc.env:NONE} not.")
OTHER = [
    (("seed=7",), "seed", "1 then", "7 now"),
    (("provider.model=two",), "provider.model", "one then", "two now"),
    (("provider.temperature=0.7",), "provider.temperature", "0.7 now"),
    (("++provider.params.top_p=0.5",), "provider.params.top_p", "not set then", "0.5 now"),
    (("prompt=Other.",), "prompt", "Other. now"),
    (("epochs=9",), "epochs", "3 then", "9 now"),
    (("split=none",), "split", "none now"),
    (("split.test=0.2",), "split.test", "0.2 now"),
    (("patience=2",), "patience", "not set then", "2 now"),
    (("controls=false",), "controls", "True then", "False now"),
    (("journal.mode=refresh",), "journal.mode", "refresh now"),
    (("optimizer=rewrite",), "optimizer._target_", "runner.optimizers.demos.Demos then"),
    (("reward=exact_match",), "reward._target_", "ExactMatch now"),
    (("provider@rewriter=openai", "rewriter.model=x"), "rewriter._target_", "not set then"),
    (("tracker=none",), "tracker._target_", "NoTracker now"),
]
SAME: list[tuple[str, ...]] = [
    (),
    ("budget.calls=7",),
    ("budget={usd: 3, calls: null, tokens: null, seconds: null}",),
    ("provider.concurrency=3", "provider.timeout=7", "provider.requests_per_minute=10"),
    ("provider.price={input: 1, output: 2}",),
    ("provider.api_key_env=ANOTHER_KEY",),
]


def words(*more: str) -> list[str]:
    """The later of two words with one key counts."""
    kept = [word for word in MODEL if word.partition("=")[0] not in {one.partition("=")[0] for one in more}]
    return [*kept, *more]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NONE", "do")
    save_configuration(config_of(*words()).raw, tmp_path / "run", [])
    return tmp_path / "run"


@pytest.mark.parametrize(("more", "key", "shown"), [(one[0], one[1], one[2:]) for one in OTHER], ids=lambda value: "")
def test_other_options_are_refused_by_name(run: Path, more: tuple[str, ...], key: str, shown: tuple[str, ...]) -> None:
    with refused(ConfigError, "begun-otherwise", key, run, *shown, f"goldloop resume={run}"):
        refuse_other_run(config_of(*words(*more)).raw, run)


@pytest.mark.parametrize("more", SAME, ids=lambda more: " ".join(more) or "the same")
def test_what_changes_no_reply_may_differ_and_is_kept(run: Path, more: tuple[str, ...]) -> None:
    config = config_of(*words(*more)).raw
    refuse_other_run(config, run)
    save_configuration(config, run, [])
    assert OmegaConf.load(run / ".hydra/config.yaml") == config


def test_of_another_component_only_that_is_told_and_of_many_differences_the_first(run: Path) -> None:
    with refused(ConfigError, "begun-otherwise", "optimizer._target_") as told:
        refuse_other_run(config_of(*words("optimizer=rewrite", "prompt=P", "seed=2", "epochs=1", "repeats=2")).raw, run)
    assert "shots" not in str(told.value) and str(told.value).count(" then, ") == 4
    assert "and 1 more" in str(told.value)


def test_a_key_that_is_newer_than_the_run_parts_it_only_from_new_words(run: Path) -> None:
    path = run / ".hydra/config.yaml"
    older = OmegaConf.load(path)
    del older.controls
    OmegaConf.save(older, path)
    refuse_other_run(config_of(*words()).raw, run, resumed=True)
    with refused(ConfigError, "begun-otherwise", "controls", "not set then"):
        refuse_other_run(config_of(*words()).raw, run)
    with refused(ConfigError, "begun-otherwise", "seed"):
        refuse_other_run(config_of(*words("seed=2")).raw, run, resumed=True)


def test_the_digest_of_a_model_file_is_compared_once_it_is_known(run: Path) -> None:
    local = config_of("provider=local", "provider.model_path=m.gguf").raw
    pinned = local.copy()
    pinned.provider.file_digest = "a" * 64
    save_configuration(pinned, run / "local", [])
    refuse_other_run(local, run / "local")
    with refused(ConfigError, "begun-otherwise", "provider.file_digest"):
        other = local.copy()
        other.provider.file_digest = "b" * 64
        refuse_other_run(other, run / "local")


@pytest.mark.parametrize("left", ["result.json", "journal.jsonl"])
def test_a_run_whose_configuration_is_lost_is_not_gone_on_with(tmp_path: Path, left: str) -> None:
    (tmp_path / left).touch()
    with refused(DataError, "file-missing", ".hydra/config.yaml"):
        refuse_other_run(config_of().raw, tmp_path)


@pytest.mark.parametrize(("text", "code"), [("a: [", "not-yaml"), ("", "begun-otherwise"), ("[]", "begun-otherwise")])
def test_a_damaged_configuration_is_a_line(run: Path, text: str, code: str) -> None:
    (run / ".hydra/config.yaml").write_text(text)
    with refused(DataError if code == "not-yaml" else ConfigError, code, None):  # type: ignore[arg-type]
        refuse_other_run(config_of(*words()).raw, run)


def sweep(directory: Path, *words: str) -> Path:
    directory.mkdir()
    OmegaConf.save({"hydra": {"overrides": {"task": list(words)}}}, directory / "multirun.yaml")
    return directory


def test_a_sweep_goes_on_only_with_its_own_words(tmp_path: Path) -> None:
    place = sweep(tmp_path / "sw", "seed=1,2", "optimizer=none,demos", "epochs=1", "budget.calls=5")
    refuse_other_sweep(place, ["seed=1,2", "optimizer=none,demos", "epochs=1"])
    refuse_other_sweep(place, ["epochs=1", "seed=1,2", "optimizer=none,demos", "provider.concurrency=2"])
    with refused(ConfigError, "begun-otherwise", "seed", "1,2 then", "1,2,3 now", f"goldloop resume={place}"):
        refuse_other_sweep(place, ["seed=1,2,3", "optimizer=none,demos", "epochs=1"])
    with refused(ConfigError, "begun-otherwise", "epochs", "1 then", "not set now"):
        refuse_other_sweep(place, ["seed=1,2", "optimizer=none,demos"])
    with refused(ConfigError, "begun-otherwise", "the order of options"):  # it numbers the jobs
        refuse_other_sweep(place, ["optimizer=none,demos", "seed=1,2", "epochs=1"])
    refuse_other_sweep(tmp_path / "new", ["seed=1,2"])


def test_a_run_and_a_sweep_do_not_share_a_directory(tmp_path: Path, run: Path) -> None:
    with refused(ConfigError, "begun-otherwise", run):
        refuse_other_sweep(run, ["seed=1,2"])
    place = sweep(tmp_path / "sw", "seed=1,2")
    with refused(ConfigError, "begun-otherwise", place):
        refuse_other_run(config_of().raw, place)
