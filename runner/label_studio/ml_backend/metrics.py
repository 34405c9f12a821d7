"""/metrics and /versions: what the backend did and serves, for Prometheus and for people."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.predicting import Predicting
from runner.label_studio.ml_backend.projects import Project, Projects, Renewal
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.label_studio.ml_backend.training_progress import progress
from runner.label_studio.ml_backend.webhooks import Webhooks

_WORDS = {
    "goldloop_requests_total": ("counter", "Requests by endpoint and status."),
    "goldloop_webhooks_total": ("counter", "Webhooks by action."),
    "goldloop_predictions_total": (
        "counter",
        "Tasks that the model answered, with labels or with none.",
    ),
    "goldloop_empty_total": ("counter", "Tasks that got no prediction, by the reason."),
    "goldloop_calls_total": ("counter", "Calls to the model that were paid for."),
    "goldloop_journal_hits_total": ("counter", "Calls that the journal answered."),
    "goldloop_input_tokens_total": ("counter", "Tokens in."),
    "goldloop_output_tokens_total": ("counter", "Tokens out."),
    "goldloop_usd_total": ("counter", "US dollars, of calls whose price is known."),
    "goldloop_model_up": ("gauge", "0 while no call to the model can succeed."),
    "goldloop_training_running": ("gauge", "1 while the project is trained."),
    "goldloop_training_failed": ("gauge", "1 if the project's last training failed."),
    "goldloop_training_epoch": ("gauge", "Epochs that the project's last training has done."),
    "goldloop_training_best_reward": ("gauge", "The best reward of the project's last training so far."),
}


def exposition(
    projects: Projects, predicting: Predicting, model: Model, events: Webhooks, requests: Mapping[tuple[str, int], int]
) -> str:
    """The figures in Prometheus' text format, version 0.0.4."""
    paid = model.paid
    values: dict[str, list[tuple[dict[str, str], float]]] = {
        "goldloop_requests_total": [
            ({"endpoint": path, "status": str(status)}, count) for (path, status), count in sorted(requests.items())
        ],
        "goldloop_webhooks_total": _by("action", events.seen),
        "goldloop_predictions_total": [({}, predicting.made)],
        "goldloop_empty_total": _by("reason", predicting.empty),
        "goldloop_calls_total": [({}, paid.calls)],
        "goldloop_journal_hits_total": [({}, model.hits)],
        "goldloop_input_tokens_total": [({}, paid.input_tokens)],
        "goldloop_output_tokens_total": [({}, paid.output_tokens)],
        "goldloop_usd_total": [({}, paid.usd)],
        "goldloop_model_up": [({}, 0 if model.away else 1)],
    }
    for project in projects.all():
        for name, value in _training(project):
            values.setdefault(name, []).append(({"project": project.id}, value))
    lines = []
    for name, samples in values.items():
        kind, words = _WORDS[name]
        lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {value!r}" for labels, value in samples]
    return "\n".join(lines) + "\n"


async def versions(projects: Projects, serving: Serving, model: Model, only: str | None) -> dict[str, Any]:
    """What is served and how trainings go, of one project or of all.

    Label Studio takes ``versions``, a list of names with the present ones first; the rest is for people.
    """
    found = [project for project in projects.all() if only in {None, project.id}]
    served, problems = [], []
    for project in found:
        now, problem = await serving.known(project)
        served.append(now)
        problems.append(problem)
    present = [one.version for one, problem in zip(served, problems, strict=True) if not problem]
    before = [version.name for project in found for version in project.versions]
    content: dict[str, Any] = {"versions": list(dict.fromkeys([*present, *before]))}
    content["projects"] = [
        {
            "project": int(project.id),
            "version": now.version,
            "source": now.source,
            "prompt": now.shown,
            "problem": problem or None,
            "versions": [
                {"version": one.name, "source": one.source, "prompt": one.prompt}
                for one in projects.get(project.id).versions
            ],
            "renewal": None if project.renewal is None else _renewal(project.renewal),
            "training": None if project.training is None else progress(project.training).to_json(),
        }
        for project, now, problem in zip(found, served, problems, strict=True)
    ]  # fmt: skip
    return {**content, "model": {"name": model.name, "problem": model.away}}


def _renewal(renewal: Renewal) -> dict[str, Any]:
    return {**asdict(renewal), "shown": renewal.shown, "counts": renewal.counts}


def _training(project: Project) -> Iterator[tuple[str, float]]:
    if project.training is None:
        return
    known = progress(project.training)
    yield "goldloop_training_running", int(known.training.status == "running")
    yield "goldloop_training_failed", int(known.training.status == "failed")
    yield "goldloop_training_epoch", known.epoch
    if known.best is not None:
        yield "goldloop_training_best_reward", known.best


def _by(label: str, counts: Mapping[str, int]) -> list[tuple[dict[str, str], float]]:
    return [({label: name}, count) for name, count in sorted(counts.items())]


def _labels(labels: Mapping[str, str]) -> str:
    """Names and values are all our own words; none needs an escape."""
    inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{{{inside}}}" if inside else ""
