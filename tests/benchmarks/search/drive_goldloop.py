"""goldloop: --optimizer any of conf/optimizer, on its own workbench, budgets and providers; epochs without end.

As in a run: the best prompt measured on all select items is kept, those of an unfinished epoch too. A rewriter whose
budget is spent is one that no longer answers; a labeller whose budget is spent ends the search.
"""

import asyncio
import os
import time
from pathlib import Path

import yaml
from driver import SENTINEL, Endpoint, Trace, arguments, save, slotted
from driver import Job as Told

from runner.config.instantiate import make
from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, CallFailed
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import ChatClient
from runner.experiment.evaluator import Evaluator
from runner.experiment.selection import credit_table
from runner.experiment.workbench import Workbench
from runner.providers.middleware.budget import Budget, BudgetedClient
from runner.providers.middleware.limits import Limits
from runner.providers.openai import OpenAI
from runner.stats.evidence import winners_curse
from verifiers.auto import auto
from verifiers.label_set import LabelSet
from verifiers.rewards.per_item import FBeta

ROOT = Path(__file__).resolve().parents[3]
IDLE = 3  # epochs without a call after which a strategy has nothing more to do


class Silent:
    """A rewriter that no longer answers when its budget is spent."""

    def __init__(self, provider: ChatClient) -> None:
        self._provider = provider
        self.model, self.rate_limits = provider.model, provider.rate_limits

    async def complete(self, call: Call) -> Reply:
        try:
            return await self._provider.complete(call)
        except BudgetSpent as spent:
            raise CallFailed("refused", str(spent)) from spent

    async def close(self) -> None:
        await self._provider.close()


def config(name: str, folder: Path = ROOT / "conf" / "optimizer") -> dict[str, object]:
    """The optimizer's file, with those it is made of in their places."""
    content = yaml.safe_load((folder / f"{name}.yaml").read_text())
    for choice in content.pop("defaults", []):
        [(place, option)] = choice.items()
        content[place.partition("@")[2]] = config(option, folder)
    return content


async def search(args, job: Told, endpoint: Endpoint, trace: Trace) -> tuple[Prompt, str, dict[str, float]]:
    clients: dict[str, ChatClient] = {}
    for role, most, tokens in (
        ("labeller", args.labeller_calls, args.labeller_max_tokens),
        ("rewriter", args.rewriter_calls, args.rewriter_max_tokens),
    ):
        os.environ[f"SEARCH_{role.upper()}"] = endpoint.keys[role]
        provider = OpenAI(
            args.model, args.base_url, f"SEARCH_{role.upper()}", concurrency=32, timeout=3600, max_tokens=tokens
        )
        clients[role] = BudgetedClient(provider, Budget(Limits(calls=most)))
    verifier = auto(job.multiple).bind(LabelSet(job.labels), ())
    select = [Item(row["id"], row["text"], tuple(row["gold"])) for row in job.select]
    evaluator = Evaluator(clients["labeller"], verifier, FBeta(), max_failed=0.02, on_progress=lambda progress: None)
    bench = Workbench(
        initial=Prompt(job.initial_prompt),
        verifier=verifier,
        reflect=[Item(row["id"], row["text"], tuple(row["gold"])) for row in job.train],
        select=select,
        evaluator=evaluator,
        rewriter=Silent(clients["rewriter"]),
        seed=args.seed,
    )
    strategy = make(config(args.optimizer), "optimizer")

    def note() -> None:
        trace.add(max(one.reward for one in bench.measured.values()))

    stopped = "the strategy has nothing more to propose"
    try:
        await bench.evaluate(bench.initial)
        note()
        idle, before = 0, endpoint.calls("labeller")
        async for _ in strategy.run(bench):
            note()
            now = endpoint.calls("labeller")
            idle, before = (idle + 1 if now == before else 0), now
            if idle == IDLE:
                stopped = f"{IDLE} epochs without a call"
                break
    except BudgetSpent as spent:
        stopped = str(spent)
        note()
    finally:
        for client in clients.values():
            await client.close()
    best = max(bench.measured.values(), key=lambda one: one.reward)
    tried = evaluator.credits_on(select)
    return best.prompt, stopped, {"candidates": len(tried), "winners_curse": winners_curse(credit_table(tried))}


def main() -> None:
    args = arguments("goldloop", optimizer={"required": True})
    job, endpoint, started = Told.load(args.data), Endpoint(args), time.monotonic()
    trace = Trace(endpoint)
    best, stopped, figures = asyncio.run(search(args, job, endpoint, trace))
    messages, slot = slotted([dict(message) for message in best.messages(SENTINEL)])
    save(
        args,
        tool=f"goldloop-{args.optimizer}",
        packages=["goldloop"],
        messages=messages,
        slot=slot,
        parsing="labels",
        started=started,
        endpoint=endpoint,
        trace=trace,
        stopped=stopped,
        settings=config(args.optimizer),
        demos=len(best.demos),
        **figures,
    )


if __name__ == "__main__":
    main()
