"""The tutorial's script, its faults kept: three epochs, call after call, the last prompt saved and never measured.

Its arithmetic is its own: F1 from set overlap is 0 where both sets are empty, and labels off the list vanish. Neither
changes what it saves except through the figures that its rewriter reads.
Deviations: none in the loop; a failed call still ends the run, but the prompt of that moment is saved.
Budget: it has no option; 3 x (train + select) labeller calls and 3 rewriter calls, whatever the budget.
"""

import time

import openai
from driver import Endpoint, Job, Trace, arguments, chat, save

EPOCHS, FEEDBACKS = 3, 5


def f1(gold: set[str], predicted: set[str]) -> float:
    right = len(gold & predicted)
    if not right:
        return 0.0
    precision, recall = right / len(predicted), right / len(gold)
    return 2 * precision * recall / (precision + recall)


def main() -> None:
    args = arguments("tutorial")
    job, endpoint, started = Job.load(args.data), Endpoint(args), time.monotonic()
    trace, prompt, stopped = Trace(endpoint), job.initial_prompt, "finished"
    items = [*job.train, *job.select]
    clients = {role: openai.OpenAI(base_url=args.base_url, api_key=key) for role, key in endpoint.keys.items()}

    def ask(role: str, system: str, user: str, temperature: float, most: int) -> str:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        reply = clients[role].chat.completions.create(
            model=args.model, messages=messages, temperature=temperature, max_tokens=most, seed=args.seed
        )
        return (reply.choices[0].message.content or "").strip()

    try:
        for _ in range(EPOCHS):
            rewards, feedbacks = [], []
            for item in items:
                reply = ask("labeller", prompt, item["text"], 0.0, args.labeller_max_tokens)
                gold, predicted = set(item["gold"]), {n for n in job.read(reply) if n in job.labels}
                rewards.append(f1(gold, predicted) if job.multiple else float(gold == predicted))
                missed = sorted(gold - predicted)
                feedbacks.append(
                    f"Correct: {', '.join(sorted(gold & predicted)) or 'none'}. Missed: {', '.join(missed) or 'none'}."
                )
            mean = sum(rewards) / len(rewards)
            trace.add(mean)
            shown = "\n".join(f"- {words}" for words in feedbacks[:FEEDBACKS])
            question = (
                f"Current prompt:\n{prompt}\n\nMean reward: {mean:.2f}\n\nFeedback:\n{shown}\n\n"
                "Improve the prompt so that the reward rises. Answer with the prompt only."
            )
            system = "You are an expert at writing prompts for labelling."
            prompt = ask("rewriter", system, question, 0.7, args.rewriter_max_tokens)
    except openai.APIStatusError as fault:
        stopped = f"a failed call ended the run: {fault.status_code} {fault.code}"
    messages, slot = chat(prompt)
    save(
        args,
        tool="tutorial",
        packages=["openai"],
        messages=messages,
        slot=slot,
        parsing="on-list",
        started=started,
        endpoint=endpoint,
        trace=trace,
        stopped=stopped,
        settings={"epochs": EPOCHS, "feedbacks": FEEDBACKS},
    )


if __name__ == "__main__":
    main()
