"""Configuration: what cannot run is refused with the nearest valid name."""

from pathlib import Path

import pytest
import yaml
from configured import built, checked, invoked, single, swept
from endpoint import Endpoint
from goldloop_process import Goldloop
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf
from refusals import refused

from runner.config.allowlist import resolve
from runner.config.compose import composed
from runner.config.resume import resume_words
from runner.config.shipped import CONF, components
from runner.core.error_codes import Code
from runner.core.errors import ConfigError, DataError, GoldloopError
from runner.experiment.strategy import Strategy

FILES = sorted(path for path in CONF.rglob("*.yaml") if path.parent != CONF and "hydra" not in path.parts)


def option(path: Path) -> str:
    return path.relative_to(CONF).with_suffix("").as_posix()


@pytest.mark.parametrize("path", FILES, ids=option)
def test_every_yaml_says_what_it_is_and_stands_in_the_help(path: Path) -> None:
    assert path.read_text().startswith("# ")
    command = "label" if path.parent.name in {"sink", "certainty"} else "optimize"
    assert path.stem in (CONF / f"hydra/help/{command}.yaml").read_text()


def test_the_yaml_of_a_component_shows_every_argument(tmp_path: Path) -> None:
    import inspect

    for path in FILES:
        content = yaml.safe_load(path.read_text())
        if "_target_" in content:
            known = inspect.signature(resolve(content["_target_"], path.parent.name, ())).parameters
            chosen = [group for entry in content.pop("defaults", []) for group in entry]
            nested = {group.partition("@")[2] for group in chosen if not group.startswith("override ")}
            assert nested | set(content) - {"_target_"} == set(known), option(path)


UNKNOWN, BAD = "option-unknown", "bad-value"
PROVIDER = "provider._target_"


@pytest.mark.parametrize(
    ("words", "code", "key", "named"),
    [
        (["provder=local"], UNKNOWN, "provder", "mean provider?"),
        (["provider=locl"], "choice-unknown", "provider=locl", "mean local?"),
        (["provider.modl=x"], UNKNOWN, "provider.modl", "mean provider.model?"),
        (["+provider.modl=x"], UNKNOWN, "provider.modl", "mean provider.model?"),
        (["+epoch=3"], UNKNOWN, "epoch", "mean epochs?"),
        (["shots=3"], UNKNOWN, "shots", "mean optimizer.shots?"),
        (["budgets.calls=3"], UNKNOWN, "budgets.calls", "mean budget.calls?"),
        (["optimzer.shotz=3"], UNKNOWN, "optimzer.shotz", "mean optimizer.shots?"),
        (["rewriter.model=x"], UNKNOWN, "rewriter.model", "provider@rewriter=NAME"),
        (["rewriter.params.x=1"], "rewriter-not-chosen", "rewriter", "provider@rewriter=NAME"),
        (["provider@rewriter=openai", "rewriter.modl=x"], UNKNOWN, "rewriter.modl", "mean rewriter.model?"),
        (["hydra.job.nam=x"], UNKNOWN, "hydra.job.nam", ""),
        (["optimizer.zzz=3"], UNKNOWN, "optimizer.zzz", "optimizer has proposals, sets, shots,"),
        (["studio.push=maybe"], BAD, "studio.push", "'maybe'"),
        (["epochs=three"], BAD, "epochs", "'three'"),
        (["epochs=-1"], BAD, "epochs", "-1"),
        (["max_failed=2"], BAD, "max_failed", "2"),
        (["patience=0"], BAD, "patience", "0"),
        (["study=../x"], BAD, "study", "'../x'"),
        (["provider.concurrency=0"], BAD, "provider.concurrency", "greater than or equal to 1"),
        (["provider.timeout=-1"], BAD, "provider.timeout", "greater than 0"),
        (["optimizer=rewrite", "optimizer.moves=[jump]"], BAD, "optimizer.moves", "'rewrite' or 'rules'"),
        (["reward=f_beta", "reward.beta=0"], BAD, "reward", "beta"),
        (["reward=weighted", "reward.weights=[1]"], BAD, "reward", "2 rewards and 1 weights"),
        (["reward=weighted", "reward.rewards.0.betta=1"], UNKNOWN, "reward.rewards.0.betta", ""),
        (["dataset.path=gold.csv"], UNKNOWN, "dataset.path", "add dataset=file (or dataset=label_studio)"),
        (["provider.base_url=http://a/v1"], UNKNOWN, "provider.base_url", "provider=litellm (or provider=openai)"),
        (["optimizer=none", "optimizer.shots=2"], UNKNOWN, "optimizer.shots", "optimizer=capo (or optimizer=demos, "),
        (["dataset=file"], "option-missing", "dataset.path", "dataset.path=..."),
        (["split=some"], BAD, "split", "'split={reflect: 0.3, select: 0.3, test: 0.4}'"),
        (["split={train:1}"], UNKNOWN, "split", "'split={reflect: 0.3, select: 0.3, test: 0.4}'"),
        (["budget=100"], BAD, "budget", "budget.calls=N"),
        (["journal=off"], BAD, "journal", "journal.mode=use"),
        (["prompt=Choose one, only"], "text-on-command-line", "prompt", "prompt_file=FILE"),
        (["prompt=Label it, don't explain (one)"], "text-on-command-line", "prompt", "prompt_file=FILE"),
        (["gold.csv"], "word-unreadable", "gold.csv", "KEY=VALUE"),
        (["a b=c"], "word-unreadable", "a b", ""),
        (["provider.model=${nothing}"], "value-unresolved", "", "nothing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_run_is_refused_in_one_line(
    words: list[str], code: Code, key: str, named: str, tmp_path: Path
) -> None:
    with refused(ConfigError, code, key, named):
        built_from(words, tmp_path)


def built_from(words: list[str], directory: Path) -> object:
    invoked(*words)
    return built(directory, *words)


def test_an_option_that_is_not_there_is_told_beside_files_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "provider").mkdir()
    mine = (CONF / "provider" / "openai.yaml").read_text().replace("temperature: 0.0", "temperature: ${oc.env:UNSET}")
    assert "UNSET" in mine
    (tmp_path / "provider" / "mine.yaml").write_text(mine)
    with refused(ConfigError, "option-unknown", "shots", "mean optimizer.shots?"):
        invoked("--config-dir", str(tmp_path), "provider=mine", "shots=3")


def test_each_value_of_a_sweep_is_checked_before_the_first_job() -> None:
    with refused(ConfigError, "choice-unknown", "optimizer=demo", "mean demos?"):
        invoked("-m", "optimizer=none,demo", "seed=1,2")
    swept("-m", "optimizer=none,demos", "seed=range(1,3)")


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["prompt_file=good.txt,typo.txt"], "file-missing", "typo.txt"),
        (["dataset=file", "dataset.path=good.csv,gone.csv"], "file-missing", "gone.csv"),
        (["dataset=file", "dataset.path=good.csv,empty.csv"], "gold-missing", "empty.csv"),
        (["dataset=file", "dataset.path=good.csv", "dataset.labels_file=null,gone.yaml"], "file-missing", "gone.yaml"),
        (["verifier=labels,choice"], "gold-unfit", "exactly one"),
        (["split=none,{reflect:40,select:40,test:80}"], "too-few-items", "160"),
        (["provider=openai,anthropic", "provider.base_url=http://a:1/v1"], "key-missing", "ANTHROPIC_API_KEY"),
        (["provider=openai", "provider.base_url=null,http://a:1/v1"], "key-missing", "OPENAI_API_KEY"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_what_a_later_job_misses_is_told_before_the_first_job(
    words: list[str], code: Code, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.txt").write_text("Label it.")
    (tmp_path / "good.csv").write_text("text,labels\n" + "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(20)))
    (tmp_path / "empty.csv").write_text("text,labels\n")
    before = sorted(tmp_path.iterdir())
    with refused(GoldloopError, code, None, named):
        swept("-m", *words)
    assert sorted(tmp_path.iterdir()) == before


def test_a_sweep_of_replays_needs_no_key() -> None:
    swept("-m", "provider=openai", "journal.mode=replay", "seed=1,2")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("_target_: [unclosed\n", "broken.yaml, line 2"),
        ("\t_target_: x\n", "broken.yaml, line 1"),
        ("a: 1\na: 2\n", "broken.yaml"),
    ],
    ids=["unclosed", "tab", "twice"],
)
def test_a_broken_yaml_is_named_with_its_line(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "provider").mkdir()
    (tmp_path / "provider/broken.yaml").write_text(text)
    with refused(ConfigError, "not-yaml", None, named):
        invoked("--config-dir", str(tmp_path), "provider=broken")


def test_an_experiment_file_without_its_first_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_text("epochs: 2\n")
    with refused(ConfigError, "not-a-global-file", "experiment", "# @package _global_"):
        invoked("--config-dir", str(tmp_path), "experiment=mine")


def test_several_values_need_a_sweep() -> None:
    with refused(ConfigError, "several-values", "seed", "-m"):
        invoked("seed=1,2")
    assert swept("sweep=strategies", "seed=1,2").overrides == ["sweep=strategies", "seed=1,2"]


def test_the_values_of_a_sweep_file_are_checked_too(tmp_path: Path) -> None:
    (tmp_path / "sweep").mkdir()
    text = (CONF / "sweep/strategies.yaml").read_text().replace("none,demos", "none,demoes")
    (tmp_path / "sweep/mine.yaml").write_text(text)
    with refused(ConfigError, "choice-unknown", "optimizer=demoes", "mean demos?"):
        invoked("--config-dir", str(tmp_path), "sweep=mine")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["provider.params={a: 1, b: x}"], {"a": 1, "b": "x"}),
        (["provider.params.a.b=1", "provider.params.c=[1,2]"], {"a": {"b": 1}, "c": [1, 2]}),
        (["+provider.params.a=1", "++provider.params.b=2"], {"a": 1, "b": 2}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@pytest.mark.parametrize("role", ["provider", "rewriter"])
def test_params_take_any_key(words: list[str], expected: dict[str, object], role: str) -> None:
    named = [word.replace("provider.", f"{role}.") for word in words]
    run = single("provider=openai", "provider@rewriter=openai", *named)
    assert run.job.config.content[role]["params"] == expected


def test_params_are_sent_by_the_jobs_of_a_sweep_and_by_label(goldloop: Goldloop, endpoint: Endpoint) -> None:
    given = ["provider.params={effort: low}", "provider.max_tokens=null"]
    asks = ["provider=choice(openai)", "provider.model=fake-model", f"provider.base_url={endpoint.url}", *given]
    done = goldloop("-m", *asks, "provider.params.most=40,50", "optimizer=none", "epochs=0", "tracker=none")
    assert done.returncode == 0, done.stderr
    assert {(one["effort"], one["most"]) for one in endpoint.requests} == {("low", 40), ("low", 50)}
    assert not any("max_tokens" in one for one in endpoint.requests)
    [run] = goldloop.directory.glob("outputs/optimize/*/1")
    (goldloop.directory / "rest.jsonl").write_text('{"text": "Where is my parcel?"}\n')
    for number, word in enumerate(["provider.params={effort: high}", "provider.params.effort=none"]):
        endpoint.requests.clear()
        goldloop("label", str(run), "dataset.path=rest.jsonl", f"study=label{number}", word)
        assert [(one["effort"], one["most"]) for one in endpoint.requests] == [(["high", "none"][number], 50)]


def test_a_file_of_a_sweep_adds_params_by_two_pluses(tmp_path: Path) -> None:
    (tmp_path / "sweep").mkdir()
    file = tmp_path / "sweep/mine.yaml"
    text = "# @package _global_\nhydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      KEY: 1,2\n"
    words = ("--config-dir", str(tmp_path), "sweep=mine")
    file.write_text(text.replace("KEY", "provider.params.x"))
    with refused(ConfigError, "option-unknown", "provider.params.x", "++provider.params.x"):
        invoked(*words)
    file.write_text(text.replace("KEY", "++provider.params.x"))
    swept(*words)


def test_a_key_of_a_swept_group_is_set_in_each_job() -> None:
    words = ["-m", "provider=openai,anthropic", "provider.base_url=http://a:1/v1", "provider.concurrency=3", "seed=1"]
    words += ["provider.max_tokens=null", "journal.mode=replay"]  # which needs no key
    sweep = swept(*words)
    assert sweep.words == ["--multirun", *sweep.overrides, f'hydra.sweep.dir="{sweep.directory}"']
    assert sweep.overrides == [
        "provider=openai,anthropic",
        "provider.base_url=choice('http://a:1/v1')",
        "provider.concurrency=choice(3)",
        "seed=1",
        "++provider.max_tokens=null",
        "journal.mode=replay",
    ]


def test_a_wrong_key_in_ones_own_yaml_is_named_with_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "provider"
    folder.mkdir(parents=True)
    (folder / "odd.yaml").write_text("_target_: runner.providers.openai.OpenAI\nmodel: x\ntemprature: 1\n")
    with refused(ConfigError, "option-unknown", "provider.temprature", "mean provider.temperature?"):
        invoked("--config-dir", str(tmp_path / "mine"), "provider=odd")
    with refused(ConfigError, "folder-missing", "--config-dir", "nowhere"):
        invoked("--config-dir", "nowhere")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["+provider.api_key=abc"], "provider.api_key"),
        (["++provider.params.token=abc"], "provider.params.token"),
        (["tracker.project=sk-abcdefghijkl"], "tracker.project"),
        (["provider=openai", "provider.base_url=http://me:word@localhost/v1"], "provider.base_url"),
        (["+provider.params.extra_headers.Authorization=Basic"], "provider.params.extra_headers.Authorization"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_secret_is_refused_wherever_it_stands(words: list[str], key: str) -> None:
    with refused(ConfigError, "secret-in-config", key):
        invoked(*words)


def test_words_that_only_resemble_secrets_are_taken() -> None:
    invoked("provider=openai", "provider.max_tokens=5", "provider.api_key_env=MY_KEY")


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.open",
        "shutil.copy",
        "pathlib.Path.write_text",
        "subprocess.run",
        "runner.experiment.loop.Loop",
        "runner.providers.embedded_weights.shutil.rmtree",
        "runner.providers.local.Path",
        "runner.providers.embedded_weights.EMBEDDED",
        "runner.providers",
        "runner.providers.nothing.Here",
        "runner.providers.local.Nothing",
        "evil.module.Thing",
    ],
)
def test_a_target_outside_the_trusted_modules_is_never_called(target: str, tmp_path: Path) -> None:
    (tmp_path / "evil").mkdir()
    config = composed(CONF, "optimize", [])
    OmegaConf.set_struct(config, False)
    config.provider = {"_target_": target}
    with pytest.raises(ConfigError) as told:
        checked(config)
    assert (told.value.code, told.value.key) in {(f"target-{what}", PROVIDER) for what in ("untrusted", "unknown")}


def test_an_untrusted_module_is_not_even_imported(goldloop: Goldloop) -> None:
    (goldloop.directory / "mine.py").write_text("open('imported', 'w').close()\nclass Keep: ...\n")
    refused = goldloop("+optimizer._target_=mine.Keep", "optimizer=none")
    assert refused.returncode == 2
    assert not (goldloop.directory / "imported").exists()


def test_every_component_of_ours_may_be_named_in_its_group_and_nothing_else() -> None:
    nodes = [(path.parent.name, yaml.safe_load(path.read_text()) or {}) for path in FILES]
    shipped = {(group, node["_target_"]) for group, node in nodes if isinstance(node, dict) and "_target_" in node}
    assert {(group, target) for group, targets in components().items() for target in targets} == shipped
    for group, target in shipped:
        assert resolve(target, f"{group}._target_", ()).__module__ == target.rpartition(".")[0]
        other = "reward" if group != "reward" else "dataset"
        with refused(ConfigError, "target-untrusted", f"{other}._target_"):
            resolve(target, f"{other}._target_", ())
        assert resolve(target, f"{other}.judge._target_", ())  # of a component of one's own
    for target in ("runner.label_studio.client.connect", "runner.providers.embedded_weights.joined", "os.system"):
        with refused(ConfigError, "target-untrusted", "dataset.labels._target_"):
            resolve(target, "dataset.labels._target_", ())


def test_ones_own_class_works_when_its_module_is_trusted(goldloop: Goldloop) -> None:
    (goldloop.directory / "mine.py").write_text(
        "class Mine:\n    def __init__(self, size: int = 1) -> None:\n        self.size = size\n"
        "    async def run(self, bench):\n        return\n        yield\n"
    )
    folder = goldloop.directory / "conf" / "optimizer"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("_target_: mine.Mine\nsize: 3\n")
    words = ["--config-dir", "conf", "optimizer=mine", "epochs=0", "provider=openai", "tracker=none"]
    assert "not in a trusted module" in goldloop(*words).stderr
    trusted = goldloop("--trust", "mine", *words)
    assert "OPENAI_API_KEY" in trusted.stderr  # it was built, and only the key is missing
    assert goldloop("--trust", "mine", *words, "optimizer.size=x").stderr.count("optimizer.size='x'") == 1


def test_all_experiments_override_by_name_only() -> None:
    for path in (CONF / "experiment").glob("*.yaml"):
        assert "# @package _global_" in path.read_text().splitlines()[0]
        assert "goldloop experiment=" in path.read_text()


def test_prompt_and_prompt_file_exclude_one_another(tmp_path: Path) -> None:
    with refused(ConfigError, "both-given", "prompt_file"):
        built_from(["prompt=x", "prompt_file=y"], tmp_path)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe\x00", "not-utf8"), (b"  \n", "prompt-empty"), (None, "file-missing")],
    ids=["not UTF-8", "empty", "missing"],
)
def test_a_bad_prompt_file_is_named(content: bytes | None, code: Code, tmp_path: Path) -> None:
    path = tmp_path / "prompt.txt"
    if content is not None:
        path.write_bytes(content)
    with refused(DataError, code, "prompt_file", str(path)):
        built_from([f"prompt_file={path}"], tmp_path)
    with refused(DataError, "unreadable", "prompt_file", str(tmp_path)):
        built_from([f"prompt_file={tmp_path}"], tmp_path)
    with refused(ConfigError, "prompt-empty", "prompt"):
        built_from(["prompt=' '"], tmp_path)


def test_a_prompt_file_is_the_initial_prompt(tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("Label it: {text}\n")
    experiment = built(tmp_path, f"prompt_file={tmp_path}/prompt.txt")
    assert experiment.initial.render() == "Label it: {text}"


def test_choice_refuses_gold_with_several_labels(tmp_path: Path) -> None:
    with refused(DataError, "gold-unfit", None, "exactly one"):
        built_from(["verifier=choice"], tmp_path)


def test_the_strategy_protocol_is_what_is_built(tmp_path: Path) -> None:
    strategy: Strategy = built(tmp_path, "optimizer=rewrite").strategy
    assert type(strategy).__name__ == "Rewrite"


@pytest.mark.parametrize("name", ["a b", "it's", "a\\b", "a\\'b", "a\\", "a\\\\'b", "ü – 日"])
def test_a_directory_of_any_name_is_resumed(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    (place / ".hydra").mkdir(parents=True)
    (place / ".hydra" / "config.yaml").touch()
    word = resume_words(place)[-1]
    assert OverridesParser.create().parse_override(word).value() == str(place)
