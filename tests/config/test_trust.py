"""The modules of the person's own that may be named, wherever the names come from."""

from endpoint import Endpoint
from goldloop_process import Goldloop

from runner.config.command_line import parse_command_line, trusting

MINE = "class Quiet:\n    def start(self, run): ...\n    def progress(self, progress, usage): ...\n"
MINE += "    def epoch(self, record): ...\n    def finish(self, result, predictions, prompts): ...\n"
MINE += "    def close(self): ...\n"


def test_modules_of_the_environment_stand_beside_those_that_were_typed() -> None:
    words = parse_command_line(["check", "--trust", "a,b", "--trust", "c", "seed=2"], ("optimize", "check"))
    assert trusting(words, {"GOLDLOOP_TRUST": "mine, other"}).trust == ["mine", "other", "a", "b", "c"]
    assert trusting(words, {}).trust == ["a", "b", "c"]
    assert trusting(words, {}).rest == ["seed=2"]


def test_a_file_of_variables_may_name_them_too(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "mine.py").write_text(MINE)
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "epochs=0"]
    words = [*model, "tracker=none", "tracker._target_=mine.Quiet"]
    assert goldloop(*words).returncode == 2
    (goldloop.directory / ".env").write_text("GOLDLOOP_TRUST=mine\n")
    done = goldloop(*words)
    assert done.returncode == 0, done.stderr


def test_a_job_in_another_process_knows_them(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "mine.py").write_text(MINE)
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "epochs=0"]
    words = ["-m", "hydra/launcher=processes", *model, "tracker=none", "tracker._target_=mine.Quiet", "seed=1,2"]
    done = goldloop("--trust", "mine", *words)
    assert done.returncode == 0, done.stderr
    assert len(list(goldloop.directory.glob("outputs/optimize/*/*/result.json"))) == 2
