"""What Hydra, its grammar and YAML refuse, each in one line for a person, with the nearest valid name."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf

from runner.config.command_line import force_add, shell_quoted
from runner.config.instantiate import nearest
from runner.config.sweeps import EXTRAS
from runner.config.validate import CHOSEN_FIRST
from runner.core.errors import ConfigError
from runner.core.parse_errors import problem_of

_SHOWN = 3  # options that have a key which the chosen one has not


def explained(error: HydraException, conf: Path, name: str, overrides: Sequence[str]) -> ConfigError:
    """Hydra's refusal in one line, with the nearest valid name."""
    words = " ".join(str(error).split())
    option = re.search(r"Could not find '([\w@./-]+)/([\w.-]+)'", words)
    if option:
        group, wanted = option.groups()
        if group.startswith("hydra/") and wanted in EXTRAS:
            told = f"{group}={wanted} needs an extra: pip install 'goldloop[{EXTRAS[wanted]}]'"
            return ConfigError(told, code="package-missing", key=f"{group}={wanted}")
        there = sorted(path.stem for path in (conf / group).glob("*.yaml"))
        told = f"{group}={wanted}: there is no such option{nearest(wanted, there, '')}"
        return ConfigError(told, code="choice-unknown", key=f"{group}={wanted}")
    if re.search(r"Could not override 'split['.]", words):
        told = "split has reflect, select and test: 'split={reflect: 0.3, select: 0.3, test: 0.4}', or counts"
        return ConfigError(told, code="option-unknown", key="split")
    key = re.search(r"Could not override '([^']+)'", words) or re.search(r"Key '([^']+)' is not in struct", words)
    if key:
        wanted, options = key.group(1), _options(conf, name, overrides)
        told = f"there is no option {wanted!r}{_elsewhere(wanted, options, conf) or _meant(wanted, options)}"
        return ConfigError(told, code="option-unknown", key=wanted)
    return ConfigError(words, code="not-composed")


def unreadable(overrides: Sequence[str], error: HydraException) -> ConfigError:
    """Why the words of a command line are no options."""
    for place, word in enumerate(overrides):
        if "=" not in word and not word.startswith("~"):
            told = f"cannot read {word!r}: options are written KEY=VALUE{_meant_together(overrides, place)}"
            return ConfigError(f"{told} (goldloop --help)", code="word-unreadable", key=word)
        if word.startswith("prompt="):
            told = "the text in prompt=... cannot stand on a command line: put it into a file, prompt_file=FILE"
            return ConfigError(told, code="text-on-command-line", key="prompt")
    for word in overrides:
        if told := _odd(word):
            return ConfigError(told, code="word-unreadable", key=word.partition("=")[0])
    told = f"cannot read {' '.join(overrides)!r}: {str(error).splitlines()[0]} (quote odd characters)"
    return ConfigError(told, code="word-unreadable")


def _meant_together(overrides: Sequence[str], place: int) -> str:
    """How words are typed that belong to the value before them; empty where there is none."""
    first = next((number for number in range(place, -1, -1) if "=" in overrides[number]), None)
    if first is None:
        return ""
    last = next((number for number in range(place, len(overrides)) if "=" in overrides[number]), len(overrides))
    key, value = " ".join(overrides[first:last]).split("=", 1)
    return f", and a value with spaces between quotes: {shell_quoted(key, value)}"


def _odd(word: str) -> str:
    """Why ``word`` cannot be read, and how it is typed; empty if it can."""
    parser = OverridesParser.create()
    try:
        parser.parse_override(word)
    except HydraException as error:
        why = str(error).splitlines()[0]
        return f"cannot read {word!r} ({why}): with odd characters it is typed as {shell_quoted(*word.split('=', 1))}"
    return ""


def no_flag(word: str) -> ConfigError:
    """What to do about a flag that there is not, or that Hydra has and goldloop does not take."""
    flag = word.partition("=")[0]
    hydras = {name for action in get_args_parser()._actions for name in action.option_strings}
    told = f"there is no {flag}: options are written without dashes, {flag.lstrip('-')}=VALUE (goldloop --help)"
    if flag in hydras:
        told = f"{flag} is a flag of Hydra's that goldloop does not take (goldloop --help)"
    return ConfigError(told, code="flag-unknown", key=flag)


def where_in(error: Exception) -> str:
    """What is wrong with a YAML file, and where, in one line."""
    problem = problem_of(error)
    words = " ".join(problem.words.split())
    return f"{problem.file}, line {problem.line}: {words}" if problem.line else words


def _elsewhere(wanted: str, options: Sequence[str], conf: Path) -> str:
    """Words for which options of its group have the key ``wanted``, where the chosen one has not."""
    group, _, key = wanted.lstrip("+").partition(".")
    key = key.partition(".")[0]
    if group not in options or f"{group}.{key}" in options:
        return ""
    files = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted((conf / group).glob("*.yaml"))}
    having = [f"{group}={name}" for name, content in files.items() if key in content and "_target_" in content]
    others = f" (or {', '.join(having[1:_SHOWN])})" if having[1:] else ""
    return f": add {having[0]}{others}, which has it" if having else ""


def _meant(wanted: str, options: Sequence[str]) -> str:
    """Words for what ``wanted`` may mean: one of its group, of its name elsewhere, or nearly of its whole name."""
    if force_add(f"{wanted}=") != f"{wanted}=":
        return f": in a file of a sweep it is written ++{wanted}"
    group, _, last = wanted.rpartition(".")
    beside = [option.removeprefix(group).lstrip(".") for option in options if option.rpartition(".")[0] == group]
    if group == "rewriter" and not beside:
        return f": {CHOSEN_FIRST}"
    if not group or not beside:
        same = [option for option in options if option.rpartition(".")[2] == last] if not group else []
        if found := same[:3] or difflib.get_close_matches(wanted, options, n=1, cutoff=0.75):
            return f": did you mean {' or '.join(found)}?"
    return nearest(last, beside, group) if beside or not wanted.startswith("hydra.") else ""


def _options(conf: Path, name: str, overrides: Sequence[str]) -> list[str]:
    """Every option of the configuration, by its whole name, with only the groups of ``overrides`` chosen."""
    groups = [
        word
        for word in overrides
        if word.startswith("hydra.searchpath") or (conf / word.lstrip("+~").split("=")[0].split("@")[0]).is_dir()
    ]
    try:
        with initialize_config_dir(str(conf), version_base="1.3"):
            return list(_names(cast(dict[str, Any], OmegaConf.to_container(compose(name, groups))), ""))
    except HydraException:
        return []


def _names(node: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, inner in node.items():
        if not key.startswith("_"):
            yield path + key
            if isinstance(inner, Mapping):
                yield from _names(inner, f"{path}{key}.")
