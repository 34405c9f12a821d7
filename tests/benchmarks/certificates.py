"""What issue-sized samples certify, and how often a certificate is false: tables in Markdown.

    nice -n 15 .venv/bin/python tests/benchmarks/certificates.py 10000 > tables.md

The number is how many simulated draws a figure is from (certificates; the others take as many as they say). Rows have a
certainty that is uniform in rank, and a chance to be wrong that is logistic in its normal score; the slope says how
good the certainty is. All of it runs goldloop's own code, draw by draw. Names of parts behind the number run those.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import expit, ndtri

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from runner.stats.audit import audit_size, delta_of_audit, most_wrong, tolerated  # noqa: E402
from runner.stats.batched_audit import batched_audit, settled_after  # noqa: E402
from runner.stats.certificate import Certificate, certify, plan  # noqa: E402
from runner.stats.looks import required_level  # noqa: E402
from runner.stats.non_inferiority import least_items, non_inferiority  # noqa: E402

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
SIZES = (30, 60, 120, 250)
GOOD, POOR = 2.0, 0.5  # slopes of a certainty
PLACES = (np.arange(4000) + 0.5) / 4000  # certainties, for exact rates
ALPHA = 0.05


class World:
    """Rows whose certainty and errors have a known distribution.

    Args:
        rate: the share of rows that is wrong. slope: how good the certainty is. ties: how many values it has; 0: all.
    """

    def __init__(self, rate: float, slope: float, ties: int = 0) -> None:
        self.slope, self.ties = slope, ties
        scores = ndtri(PLACES)
        self.level = optimize.brentq(lambda level: expit(level - slope * scores).mean() - rate, -40, 40)
        self.wrong = expit(self.level - slope * scores)
        self.shown = self.certainty(PLACES)

    def certainty(self, place: Values) -> Values:
        return np.ceil(place * self.ties) / self.ties if self.ties else place

    def draw(self, items: int, rng: np.random.Generator) -> tuple[Values, Values]:
        place = rng.random(items)
        wrong = rng.random(items) < expit(self.level - self.slope * ndtri(place))
        return self.certainty(place), wrong.astype(float)

    def rate_at(self, threshold: float) -> tuple[float, float]:
        """(share accepted, rate of errors among those)."""
        accepted = self.shown >= threshold
        return float(accepted.mean()), float(self.wrong[accepted].mean())

    def oracle(self, bound: float) -> float:
        """The largest share that may be accepted."""
        shares = np.arange(1, len(PLACES) + 1) / len(PLACES)
        allowed = np.cumsum(self.wrong[::-1]) / np.arange(1, len(PLACES) + 1) <= bound
        if self.ties:
            allowed &= np.append(np.diff(self.shown[::-1]) != 0, True)
        return float(shares[allowed].max(initial=0.0))


def outcome(world: World, found: Certificate) -> tuple[float, bool]:
    """(share certified, whether the certificate is false)."""
    if found.threshold is None:
        return 0.0, False
    share, rate = world.rate_at(found.threshold)
    return share, rate > 1 - found.target + 1e-9


def row(*cells: object) -> None:
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


def head(title: str, text: str, *cells: str) -> None:
    print(f"\n## {title}\n\n{text}\n" if text else f"\n## {title}\n")
    row(*cells)
    print("|---" * len(cells) + "|")


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def certificates(draws: int) -> None:
    """One prompt, one look: false certificates, and the share certified beside the oracle's."""
    head(
        "One prompt, gold like the rows",
        f"{draws:,} draws a row; 95% confidence; select items three quarters as many as sealed ones. Shares certified "
        "are medians (quartiles); the oracle knows every rate.",
        "target", "sealed", "base error", "certainty", "certified at all", "share certified", "oracle", "false",
    )  # fmt: skip
    for target, rate in ((0.9, 0.02), (0.9, 0.05), (0.9, 0.1), (0.9, 0.2), (0.9, 0.3), (0.95, 0.025), (0.95, 0.1)):
        for name, slope, ties in (("good", GOOD, 0), ("poor", POOR, 0), ("good, 5 values", GOOD, 5)):
            world = World(rate, slope, ties)
            for items in SIZES:
                rng = np.random.default_rng([items, int(1000 * rate)])
                found = [outcome(world, one(world, items, target, rng)) for _ in range(draws)]
                shares, false = np.array(found).T
                low, middle, high = np.percentile(shares, [25, 50, 75])
                told = f"{middle:.2f} ({low:.2f} to {high:.2f})"
                cells = percent((shares > 0).mean()), told, f"{world.oracle(1 - target):.2f}", percent(false.mean())
                row(target, items, percent(rate), name, *cells)


def one(world: World, items: int, target: float, rng: np.random.Generator, **more: bool) -> Certificate:
    sure, wrong = world.draw(items, rng)
    made = plan(sure, world.draw(3 * items // 4, rng), items, target, own=True, **more)
    return certify(made, sure, wrong)


def chosen(draws: int) -> None:
    """12 runs on the same sealed items, the best one there certified: with and without its share of delta."""
    head(
        "12 runs, the best on the sealed items picked",
        f"{draws:,} draws a row. All 12 are equally good and err on their own items; the one with the fewest errors on the sealed items is "  # noqa: E501
        "certified (target 0.9).",
        "sealed", "base error", "false, delta whole", "false, delta / 12", "share certified, delta / 12",
    )  # fmt: skip
    for items in SIZES[1:]:
        for rate in (0.1, 0.12, 0.15):
            world, rng = World(rate, POOR), np.random.default_rng([items, 12])
            found: dict[int, list[tuple[float, bool]]] = {1: [], 12: []}
            for _ in range(draws):
                runs = [world.draw(items, rng) for _ in range(12)]
                best = min(runs, key=lambda run: run[1].sum())
                select = world.draw(3 * items // 4, rng)
                for choices, told in found.items():
                    made = plan(best[0], select, items, 0.9, choices=choices, own=True)
                    told.append(outcome(world, certify(made, *best)))
            whole, shared = (np.array(found[choices]) for choices in (1, 12))
            row(items, percent(rate), *map(percent, (whole[:, 1].mean(), shared[:, 1].mean(), shared[:, 0].mean())))


def growing(draws: int) -> None:
    """Gold that grows by 10 to 250, tested each time: again and again, and by betting."""
    head(
        "Growing gold",
        f"{draws:,} draws a row. The plan is tested at 40, 50, ... 250 sealed items and ends with the first certificate (target 0.9); "  # noqa: E501
        "'once' tests at 250 only.",
        "base error", "certainty", "false, tested again and again", "false, growing=true", "certified, growing=true",
        "at items (median)", "certified, once",
    )  # fmt: skip
    for rate, slope in ((0.02, POOR), (0.05, POOR), (0.1, GOOD), (0.102, 0.0), (0.11, 0.0)):
        world, rng = World(rate, slope), np.random.default_rng([7, int(1000 * rate)])
        ends: dict[bool, list[tuple[int, bool]]] = {False: [], True: []}
        once = 0
        for _ in range(draws):
            rows, select, (sure, wrong) = world.draw(500, rng)[0], world.draw(60, rng), world.draw(250, rng)
            for grows, told in ends.items():
                made = plan(rows, select, 80, 0.9, growing=grows)
                told.append((0, False))
                for items in range(40, 251, 10):
                    if (found := certify(made, sure[:items], wrong[:items])).certified:
                        told[-1] = items, outcome(world, found)[1]
                        break
            once += certify(plan(rows, select, 250, 0.9), sure, wrong).certified
        again, bets = (np.array(ends[grows]) for grows in (False, True))
        reached = bets[bets[:, 0] > 0, 0]
        cells = percent(again[:, 1].mean()), percent(bets[:, 1].mean()), percent(len(reached) / draws)
        name = {GOOD: "good", POOR: "poor", 0.0: "none"}[slope]
        row(percent(rate), name, *cells, f"{np.median(reached):.0f}" if len(reached) else "", percent(once / draws))


def shifted(draws: int) -> None:
    """Gold that is easier than the rows: the certificate is wrong, and the audit finds it."""
    head(
        "Gold that is not drawn like the rows",
        f"{draws:,} draws a row. Target 0.95, 250 sealed items, 12,000 rows, good certainty; the rows are wrong more often than the gold at "  # noqa: E501
        "every certainty. The audit draws what confirms 0.95 if a quarter of what is allowed is wrong.",
        "error of gold", "error of rows", "certified", "truly wrong among accepted rows (median)",
        "certificate false", "audited (median)", "confirmed by the audit", "falsely",
    )  # fmt: skip
    for gold_rate, rate in ((0.05, 0.05), (0.05, 0.1), (0.05, 0.2), (0.02, 0.15)):
        gold, world, rng = World(gold_rate, GOOD), World(rate, GOOD), np.random.default_rng(11)
        told = []
        for _ in range(draws):
            sure, wrong = world.draw(12_000, rng)
            found = certify(plan(sure, gold.draw(188, rng), 250, 0.95), *gold.draw(250, rng))
            if found.threshold is None:
                continue
            accepted = wrong[sure >= found.threshold]
            size = audit_size(len(accepted), 0.95, 0.0125, ALPHA)
            seen = int(rng.choice(accepted, size, replace=False).sum())
            confirmed = most_wrong(len(accepted), size, seen, ALPHA) <= tolerated(len(accepted), 0.95)
            told.append(
                (accepted.mean(), accepted.mean() > 0.05, size, confirmed, confirmed and accepted.mean() > 0.05)
            )
        table = np.array(told)
        cells = percent(len(table) / draws), percent(np.median(table[:, 0])), percent(table[:, 1].mean())
        row(
            percent(gold_rate),
            percent(rate),
            *cells,
            f"{np.median(table[:, 2]):.0f}",
            *map(percent, table[:, 3:].mean(0)),
        )


def audits(draws: int) -> None:
    """certify FILE: batches that stop early, beside a sample of fixed size."""
    head(
        "An audit in batches of 10, beside a fixed size",
        f"12,000 rows, target 0.95; {draws:,} audits a row of at most 600 rows. The fixed sample is of the size that "
        "confirms with a chance of 80% at the true rate, which nobody knows beforehand; 124 is that of 1%.",
        "truly wrong", "batches: reached", "missed", "rows checked: mean", "median", "fixed size: rows", "confirmed",
        "124 rows: confirmed",
    )  # fmt: skip
    rng, rows = np.random.default_rng(5), 12_000
    for rate in (0.0, 0.005, 0.01, 0.02, 0.03, 0.0501, 0.08, 0.12):
        bad = round(rows * rate)
        size = audit_size(rows, 0.95, rate, ALPHA)
        verdicts, checked = [], []
        for _ in range(draws):
            found = rng.permutation(rows)[:600] < bad
            end = first(lambda batches, found=found: batched_audit(rows, found[: 10 * batches], 0.95).verdict, 60)
            verdicts.append(batched_audit(rows, found[: 10 * end], 0.95).verdict)
            checked.append(10 * end)
        cells = (percent(np.mean([verdict == word for verdict in verdicts])) for word in ("reached", "missed"))
        fixed = (size, percent(confirmed(rows, bad, size))) if rate < 0.05 else ("", "")
        told = f"{np.mean(checked):.0f}", f"{np.median(checked):.0f}", *fixed, percent(confirmed(rows, bad, 124))
        row(percent(rate), *cells, *told)


def certify_sizes(draws: int) -> None:
    """The table of docs/certify.md: rows to check, fixed size beside early stopping."""
    rows, most = 10_000, 3000
    delta = delta_of_audit(1, 0.95)
    head(
        "How many rows goldloop certify takes",
        f"{rows:,} rows, the first audit at 95% confidence (delta {delta:.2g}); {draws:,} audits a row, stopped after "
        f"any row, {most:,} at most. Fixed: the size that confirms with a chance of 80% at the true rate.",
        "target", "truly wrong", "fixed size", "stopping early: median", "90% of audits", "reached", "missed",
    )  # fmt: skip
    rng = np.random.default_rng(25)
    for target in (0.9, 0.95, 0.98):
        for rate in (0.0, 0.01, 0.02, 0.05):
            bad = round(rows * rate)
            size = audit_size(rows, target, rate, delta) if rate < 1 - target - 1e-9 else None
            checked, verdicts = [], []
            for _ in range(draws):
                found = rng.permutation(rows)[:most] < bad
                end = settled_after(rows, found.tolist(), target, delta)
                verdict = batched_audit(rows, found[:end].tolist(), target, delta).verdict if end else "undecided"
                verdicts.append(verdict)
                checked.append(end or most + 1)
            ends = np.percentile(checked, [50, 90])
            told = (f"{value:,.0f}" if value <= most else f"over {most:,}" for value in ends)
            shares = (percent(np.mean([verdict == word for verdict in verdicts])) for word in ("reached", "missed"))
            row(target, percent(rate), size or "", *told, *shares)


def first(verdict: Callable[[int], str], most: int) -> int:
    """The first batch with a verdict (it never goes away), or the last one."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if verdict(middle) == "undecided" else (low, middle)
    return low


def confirmed(rows: int, bad: int, size: int) -> float:
    """The chance that a sample of fixed size confirms 0.95."""
    allowed = [
        seen for seen in range(min(size, bad) + 1) if most_wrong(rows, size, seen, ALPHA) <= tolerated(rows, 0.95)
    ]
    return float(stats.hypergeom.cdf(max(allowed), rows, bad, size)) if allowed else 0.0


def guards(draws: int) -> None:
    """guard: an old and a new model, paired, stopped early."""
    head(
        "Guard: is the new model no worse?",
        f"{draws:,} a row. Lost and won: items that only the old, only the new model has right. Saved: calls that "
        "stopping early leaves out. All items the same shows a margin of 0.02, 0.05, 0.1, 0.2 with "
        f"{', '.join(str(least_items(margin)) for margin in (0.02, 0.05, 0.1, 0.2))} items at the least.",
        "items", "margin", "lost", "won", "no worse", "worse", "undecided", "calls (mean)", "saved",
    )  # fmt: skip
    rng = np.random.default_rng(9)
    cases = (
        (60, 0.1, 0.0, 0.0), (60, 0.1, 0.03, 0.03), (60, 0.1, 0.05, 0.05), (120, 0.1, 0.05, 0.05),
        (250, 0.05, 0.02, 0.02), (250, 0.1, 0.05, 0.05), (250, 0.1, 0.1, 0.1), (1000, 0.02, 0.02, 0.02),
        (250, 0.1, 0.15, 0.05), (250, 0.05, 0.08, 0.03), (60, 0.05, 0.3, 0.05), (120, 0.05, 0.2, 0.05),
        (250, 0.05, 0.2, 0.05), (250, 0.1, 0.3, 0.05),
    )  # fmt: skip
    for items, margin, lost, won in cases:
        found = []
        for _ in range(draws):
            chance = rng.random(items)
            found.append(non_inferiority((chance < lost) * 1.0, (chance > 1 - won) * 1.0, margin))
        words = (
            percent(np.mean([each.verdict == word for each in found])) for word in ("no_worse", "worse", "undecided")
        )
        calls = np.mean([each.items for each in found])
        row(items, margin, percent(lost), percent(won), *words, f"{calls:.0f}", percent(1 - calls / items))


LOOKS = 50
NUMBERS = np.arange(1, LOOKS + 1)
_ZETA = 2.285766  # sum of k^-1.6


def analysts(draws: int) -> None:
    """50 runs on the same sealed items: how often *better* is said without a true gain, and what is found with one."""
    head(
        "An analyst who looks 50 times at the same sealed items",
        f"{draws:,} analysts a row; baseline right on 70% of the items. 'edits 50%': each prompt redraws half of the "
        "answers of the prompt with the best sealed reward so far, none is truly better. Power: a prompt that is truly "
        "15 points better (wins 22%, loses 7%) as the 1st and as the 20th look. Exact McNemar, two-sided.",
        "sealed", "analyst", *(f"{name}: false *better*, power 1st, 20th" for name in rules(np.ones((1, LOOKS)))),
        "verdicts only, alpha / k²", "reusable holdout: false, power 1st, 20th",
    )  # fmt: skip
    for items in (60, 120, 250):
        for name, kept in (("new prompts", 0.0), ("edits 50%", 0.5), ("edits 20%", 0.8), ("edits 10%", 0.9)):
            rng = np.random.default_rng([items, int(10 * kept)])
            p, up, gain_p, gain_up = watched(draws, items, kept, rng)
            told = []
            for levels in rules(p).values():
                false = ((p < levels) & up).any(axis=1).mean()
                power = [((gain_p < levels[:, look]) & gain_up).mean() for look in (0, 19)]
                told.append(", ".join(percent(share) for share in (false, *power)))
            blind_p, blind_up, _, _ = watched(draws, items, 0.0, rng)
            blind = ((blind_p < required_level_of_all()) & blind_up).any(axis=1).mean()
            row(items, name, *told, percent(blind), holdout(draws, items, kept, rng))


def required_level_of_all() -> Values:
    return np.array([required_level(look) for look in range(1, LOOKS + 1)])


def rules(p: Values) -> dict[str, Values]:
    """What each rule demands of each look, shape (analysts, looks), given the p-values."""
    ones = np.ones_like(p)
    return {
        "no ledger": ALPHA * ones,
        "alpha / k": ALPHA / NUMBERS * ones,
        "alpha / k² (chosen)": required_level_of_all() * ones,
        "alpha / k(k+1)": ALPHA / (NUMBERS * (NUMBERS + 1)) * ones,
        "LORD++": lord(p),
        "SAFFRON": saffron(p),
    }


def lord(p: Values) -> Values:
    """LORD++ (Ramdas et al. 2017), w0 = alpha / 2, gamma as Javanmard & Montanari 2018 have it."""
    gamma = 0.07720838 * np.log(np.maximum(NUMBERS, 2)) / (NUMBERS * np.exp(np.sqrt(np.log(NUMBERS))))
    levels, found = np.zeros_like(p), np.zeros(len(p))
    levels += gamma * ALPHA / 2
    for look in range(LOOKS - 1):
        said = p[:, look] < levels[:, look]
        worth = np.where(found == 0, ALPHA / 2, ALPHA) * said
        levels[:, look + 1 :] += worth[:, None] * gamma[: LOOKS - 1 - look]
        found += said
    return levels


def saffron(p: Values) -> Values:
    """SAFFRON (Ramdas et al. 2018) up to its first discovery, lambda = 1/2, w0 = alpha / 2, gamma ~ k^-1.6."""
    levels, candidates = np.zeros_like(p), np.zeros(len(p), dtype=np.int64)
    for look in range(LOOKS):
        levels[:, look] = 0.5 * ALPHA / 2 * (look + 1.0 - candidates) ** -1.6 / _ZETA
        candidates += p[:, look] <= 0.5
    return levels


def prompts(draws: int, items: int, kept: float, rng: np.random.Generator) -> Iterator[tuple[Flags, Flags]]:
    """(baseline, prompt) a look, shape (analysts, items): whether each is right; the best so far is edited."""
    easy = rng.beta(2.1, 0.9, (draws, items))
    baseline = rng.random((draws, items)) < easy
    best, reward = baseline.copy(), baseline.sum(axis=1)
    for _ in range(LOOKS):
        tried = np.where(rng.random((draws, items)) < kept, best, rng.random((draws, items)) < easy)
        yield baseline, tried
        better = tried.sum(axis=1) > reward
        best[better], reward[better] = tried[better], tried.sum(axis=1)[better]


def truly_better(baseline: Flags, rng: np.random.Generator) -> Flags:
    chance = rng.random(baseline.shape)
    return np.where(baseline, chance >= 0.1, chance < 0.22 / 0.3)


def watched(draws: int, items: int, kept: float, rng: np.random.Generator) -> tuple[Values, Flags, Values, Flags]:
    """p-values and directions of 50 prompts without a gain, shape (analysts, looks), and of one with a gain."""
    pairs = [mcnemar(baseline, tried) for baseline, tried in prompts(draws, items, kept, rng)]
    baseline, _ = next(prompts(draws, items, kept, rng))
    p, up = (np.stack(column, axis=1) for column in zip(*pairs, strict=True))
    return p, up, *mcnemar(baseline, truly_better(baseline, rng))


def mcnemar(baseline: Flags, tried: Flags) -> tuple[Values, Flags]:
    wins, losses = (tried & ~baseline).sum(axis=1), (baseline & ~tried).sum(axis=1)
    fewer = np.minimum(wins, losses)
    return np.minimum(1.0, 2 * stats.binom.cdf(fewer, wins + losses, 0.5)), wins > losses


def holdout(draws: int, items: int, kept: float, rng: np.random.Generator) -> str:
    """Thresholdout (Dwork et al. 2015): the select items' gain is told unless the sealed one is far from it.

    Threshold 1/sqrt(n), Gaussian noise a quarter of that; *better* is said above what holds 5% for a first look.
    """
    scale = 1 / np.sqrt(items)
    answered = []
    easy = rng.beta(2.1, 0.9, (2, draws, items))  # select, sealed
    baseline = rng.random(easy.shape) < easy
    best, reward = baseline.copy(), np.zeros(draws)
    gain = (truly_better(baseline, rng).astype(float) - baseline).mean(axis=2)
    for _ in range(LOOKS):
        tried = np.where(rng.random(easy.shape) < kept, best, rng.random(easy.shape) < easy)
        answered.append(told(*(tried.astype(float) - baseline).mean(axis=2), scale, rng))
        better = answered[-1] > reward
        best[:, better], reward[better] = tried[:, better], answered[-1][better]
    limit = np.quantile(answered[0], 0.95)
    power = (told(*gain, scale, rng) > limit).mean()
    false = (np.stack(answered) > limit).any(axis=0).mean()
    return f"{percent(false)}, {percent(power)}, {percent(power)}"


def told(select: Values, sealed: Values, scale: float, rng: np.random.Generator) -> Values:
    noise = rng.normal(0, scale / 4, (2, *select.shape))
    far = np.abs(select - sealed) > scale + noise[0]
    return np.asarray(np.where(far, sealed + noise[1], select), dtype=float)


PARTS: dict[Callable[[int], None], float] = {  # and how many of the draws each takes
    certificates: 1.0,
    chosen: 0.2,
    growing: 0.2,
    shifted: 0.1,
    audits: 0.05,
    certify_sizes: 0.03,
    guards: 0.2,
    analysts: 0.3,
}


def main(draws: int, parts: list[str]) -> None:
    """Print all tables, or those of the named parts."""
    for part, most in PARTS.items():
        if not parts or part.__name__ in parts:
            part(max(10, round(draws * most)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2:])
