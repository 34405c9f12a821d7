"""``task=FILE``: what is asked of a text, on one page: its column, and one answer or several, each with its type.

    text: Customer message
    answer:
      topic: {type: choice, column: Category, labels: {Billing: charges and invoices, Outage: a service is down}}
      urgency: {type: rating, column: Priority, low: 1, high: 5}

The file becomes the options of ``verifier`` and ``dataset``, which are saved with a run; the file is not needed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from runner.config.command_line import CommandLine
from runner.config.shipped import CONF
from runner.core.errors import ConfigError
from runner.core.parse_errors import problem_of
from runner.datasets.file import listed_labels

_OWN = ("type", "column", "labels", "weight", "optional")
_KEYS = ("text", "id", "answer")


@dataclass(frozen=True)
class Answer:
    """One thing that is asked.

    Attributes:
        type: an option of ``conf/verifier``, or a class path of one's own.
        column: the column of its gold; None for its name. options: of the verifier. weight: beside others.
    """

    type: str
    column: str | None
    options: Mapping[str, Any]
    weight: float
    optional: bool

    @property
    def node(self) -> dict[str, Any]:
        """The verifier, as a configuration has it."""
        target = {"_target_": self.type} if "." in self.type else _shipped(self.type)
        return {**target, **self.options}


@dataclass(frozen=True)
class TaskFile:
    """What the file says. Of a single answer the name is empty."""

    text: str | Sequence[str] | None
    id: str | None
    answers: Mapping[str, Answer]

    @property
    def alone(self) -> Answer | None:
        return self.answers.get("")

    def into(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration with what the file says; what was typed for the data set beside it wins."""
        dataset = dict(config.get("dataset") or {})
        own = {"text_field": self.text, "id_field": self.id, "gold_field": self._columns}
        for key, value in own.items():
            if value is not None and dataset.get(key) is None:
                dataset[key] = value
        return {**config, "dataset": dataset, "verifier": self._verifier(config.get("verifier") or {}), "task": None}

    @property
    def _columns(self) -> str | dict[str, str] | None:
        if self.alone:
            return self.alone.column
        return {name: one.column or name for name, one in self.answers.items()}

    def _verifier(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.alone:
            node = self.alone.node
            same = node["_target_"] == given.get("_target_")
            return {**(given if same else {}), **node}
        weights = {name: one.weight for name, one in self.answers.items()}
        optional = [name for name, one in self.answers.items() if one.optional]
        nodes = {name: one.node for name, one in self.answers.items()}
        return {**_shipped("fields"), "fields": nodes, "weights": weights, "optional": optional}


def with_words(words: CommandLine) -> CommandLine:
    """The words with the verifier that a task file asks for, so that its own defaults hold, and ``dataset=file``.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be.
    """
    named = [word.removeprefix("task=") for word in words.rest if word.startswith("task=")]
    if not named or named[-1] in ("null", "") or "," in named[-1]:
        return words
    task = read_task(Path(named[-1].strip("'\"")).expanduser())
    own = task.alone.type if task.alone else "fields"
    more = [f"verifier={own}"] if "." not in own else []
    if not any(word.startswith("dataset=") for word in words.rest):
        more.append("dataset=file")
    return replace(words, rest=[*more, *words.rest])


def with_task(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration with what its task file says; itself where it has none."""
    named = config.get("task")
    return config if named is None else read_task(Path(str(named)).expanduser()).into(config)


def read_task(path: Path) -> TaskFile:
    """Read a task file.

    Raises:
        ConfigError: it is not there, is no YAML, or says what cannot be; names the key.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        told = f"task: no file {path} (looked in {Path.cwd()})"
        raise ConfigError(told, code="file-missing", key=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"task: {path} cannot be read ({error})", code="unreadable", key=str(path)) from error
    except (yaml.YAMLError, RecursionError) as error:
        problem = problem_of(error)
        line = f", line {problem.line}" if problem.line else ""
        raise ConfigError(f"task: {path}{line} is no YAML: {problem.words}", code="not-yaml", key=str(path)) from error
    if not isinstance(content, Mapping) or not isinstance(content.get("answer"), Mapping):
        told = f"task: {path} must have 'answer:', a type or a name for each answer (docs/answers.md shows one)"
        raise ConfigError(told, code="wrong-shape", key=str(path))
    for key in content:
        if key not in _KEYS:
            told = f"task: {path}: there is no {key!r} in a task file: it has {', '.join(_KEYS)}"
            raise ConfigError(told, code="option-unknown", key=str(key))
    answer = content["answer"]
    each = {"": answer} if isinstance(answer.get("type"), str) else answer
    made = {str(name): _answer(str(name), one, path) for name, one in each.items()}
    return TaskFile(content.get("text"), content.get("id"), made)


def _answer(name: str, one: Any, path: Path) -> Answer:
    where = f"task: {path}: {f'answer {name!r}' if name else 'answer'}"
    if not isinstance(one, Mapping) or not isinstance(one.get("type"), str):
        told = f"{where} needs a type, as {{type: choice}}: one of {', '.join(types())}"
        raise ConfigError(told, code="option-missing", key=name or "answer")
    kind = one["type"]
    if "." not in kind and kind not in types():
        told = f"{where}: there is no type {kind!r}: it is one of {', '.join(types())}"
        raise ConfigError(told, code="option-unknown", key=kind)
    options = {str(key): value for key, value in one.items() if key not in _OWN}
    if one.get("labels") is not None:
        given = one["labels"]
        listed = listed_labels(str(path.parent / given) if isinstance(given, str) else given, where)
        options["vocabulary"] = dict(listed.definitions)
    weight = one.get("weight", 1)
    if not isinstance(weight, int | float) or isinstance(weight, bool) or weight <= 0:
        told = f"{where}: weight must be a number above 0, found {weight!r:.80}"
        raise ConfigError(told, code="bad-value", key="weight")
    column = one.get("column")
    return Answer(kind, None if column is None else str(column), options, float(weight), bool(one.get("optional")))


def types() -> list[str]:
    """The types of answers that goldloop has."""
    return sorted(path.stem for path in (CONF / "verifier").glob("*.yaml") if path.stem not in ("auto", "fields"))


def _shipped(name: str) -> dict[str, Any]:
    content = yaml.safe_load((CONF / "verifier" / f"{name}.yaml").read_text("utf-8"))
    return {key: value for key, value in content.items() if key != "defaults"}
