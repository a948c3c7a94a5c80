"""How often does an audit say what is false? Verdicts over synthetic audits whose truth is known.

    python -m verification.audit_errors --audits 200

Each audit has a published table, drawn from ten subjects, and a run of twenty others of the same population, in which
every subject has its own level and arms differ by planted amounts. Its claims are true or false by construction, in one
reading or several, as run and in twelve scenarios of nuisance controls. Counted are claims that are true and called
contradicted (by the published table), and claims that are false, as run or in a scenario, and called supported.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from resynapse.analysis.cells import Cell, Cells
from resynapse.audits.published_arithmetic import Printed
from resynapse.audits.readings import results_of
from resynapse.audits.scenarios import Scenario
from resynapse.audits.verdicts import VERDICTS, Verdict, verdict_of
from resynapse.protocol.claim_tests import Difference, Mean, Test
from resynapse.protocol.claims import Claim, Reading

ARTICLE, RUN = 10, 20
SD, LEVEL = 6.0, 60.0
EFFECTS = (-10.0, -5.0, -2.0, -0.5, 0.0, 0.5, 2.0, 5.0, 10.0)
"""True differences of two arms, in points; a claim says that the difference is above 0."""
SCENARIOS = 12
NAMES = tuple(f"nuisance{i}" for i in range(SCENARIOS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A claim and its truth.

    Parameters
    ----------
    truths : of each reading, as run.
    robust : whether every reading has the same truth in every scenario.
    smallest : the smallest true difference that decides it, in points.
    """

    claim: Claim
    truths: tuple[bool, ...]
    robust: bool
    smallest: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an audit said to a claim."""

    planted: Planted
    verdict: Verdict


def audited(seed: int) -> list[Outcome]:
    """One synthetic audit."""
    rng = np.random.default_rng(seed)
    shifts, planted = _claims(rng)
    published, run = _population(rng, shifts, ARTICLE), _population(rng, shifts, RUN)
    table = {cell: _printed(column) for cell, column in published.items() if ":" not in cell.arm}
    cells = _cells(run)
    scenarios = [
        Scenario(name=name, arms={arm: f"{arm}:{name}" for arm, _ in shifts if ":" not in arm}) for name in NAMES
    ]
    claims = [one.claim for one in planted]
    results = results_of(claims, cells, scenarios, table)
    return [Outcome(one, verdict_of(one.claim, results[one.claim.id], complete=True)) for one in planted]


def _claims(rng: np.random.Generator) -> tuple[dict[tuple[str, str], float], list[Planted]]:
    """True means of every cell, and claims about them: one or two readings, robust or broken in one scenario."""
    shifts: dict[tuple[str, str], float] = {}
    planted = []
    for number in range(20):
        readings: list[Reading] = []
        truths, sizes = [], []
        robust = True
        for part in range(1 + number % 2):
            outcome = f"y{number}{'ab'[part]}"
            effect = float(rng.choice(EFFECTS))
            broken = rng.integers(SCENARIOS) if rng.random() < 0.3 else -1
            shifts["a", outcome], shifts["b", outcome] = effect, 0.0
            for at, name in enumerate(NAMES):
                there = -effect if at == broken else effect
                shifts[f"a:{name}", outcome], shifts[f"b:{name}", outcome] = there, 0.0
            test: Test = Difference(of=f"{outcome} of a at acute", minus=f"{outcome} of b at acute", above=0)
            also = (Mean(of=f"{outcome} of a at acute", above=LEVEL - 25),) if part else ()
            readings.append(Reading(id=f"r{part}", tests=(test, *also)))
            truths.append(effect > 0)
            sizes.append(abs(effect))
            robust &= broken < 0 or effect == 0
        claim = Claim(id=f"c{number}", statement="synthetic", readings=tuple(readings))
        planted.append(Planted(claim=claim, truths=tuple(truths), robust=robust, smallest=min(sizes)))
    return shifts, planted


def _population(rng: np.random.Generator, shifts: dict[tuple[str, str], float], n: int) -> dict[Cell, np.ndarray]:
    """Values of n subjects: a level of each subject's own, the arm's amount, and noise."""
    found = {}
    levels: dict[str, np.ndarray] = {}
    for (arm, outcome), shift in shifts.items():
        level = levels.setdefault(outcome, rng.normal(0.0, SD, n))
        found[Cell(arm, "acute", outcome)] = np.clip(LEVEL + shift + level + rng.normal(0.0, SD / 2, n), 0, 100)
    return found


def _printed(column: np.ndarray) -> Printed:
    return Printed(round(float(column.mean()), 1), 0.05, round(float(column.std()), 1), 0.05, len(column), 100.0)


def _cells(values: dict[Cell, np.ndarray]) -> Cells:
    rows = [("p", "", s, *cell, float(v)) for cell, column in values.items() for s, v in enumerate(column)]
    columns = ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    return Cells.of(pl.DataFrame(rows, schema=columns, orient="row"))


def truth(planted: Planted) -> str:
    """The verdict that unlimited data would give."""
    if all(planted.truths):
        return "supported" if planted.robust else "holds as run"
    return "mixed" if any(planted.truths) else "not supported"


def rates(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, int, int]]:
    """Each error with how often it was made and how often it could have been."""
    contradicted = "contradicted by the article's own numbers"
    true = [o for o in outcomes if any(o.planted.truths)]
    yield "true in a reading, called contradicted", sum(o.verdict == contradicted for o in true), len(true)
    false = [o for o in outcomes if not any(o.planted.truths)]
    yield "false in every reading, called supported", sum(o.verdict == "supported" for o in false), len(false)
    fragile = [o for o in outcomes if all(o.planted.truths) and not o.planted.robust]
    yield "false in a scenario, called supported", sum(o.verdict == "supported" for o in fragile), len(fragile)
    large = [o for o in fragile if o.planted.smallest >= 5]
    yield "the same, by 5 points or more", sum(o.verdict == "supported" for o in large), len(large)
    sound = [o for o in outcomes if truth(o.planted) == "supported"]
    broken = sum(o.verdict == "holds as run" for o in sound)
    yield "true in every scenario, called broken by one", broken, len(sound)
    wrong = sum(o.verdict in ("not supported", "mixed") for o in sound)
    yield "true in every reading, called not supported or mixed", wrong, len(sound)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of docs/audit.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=200)
    number = parser.parse_args(arguments).audits
    outcomes = [outcome for seed in range(number) for outcome in audited(seed)]
    print("| error | made | of | rate |\n|---|---|---|---|")
    for name, made, of in rates(outcomes):
        print(f"| {name} | {made} | {of} | {100 * made / of:.1f} % |")
    shown = [verdict for verdict in VERDICTS if any(o.verdict == verdict for o in outcomes)]
    print(f"\n| truth | {' | '.join(shown)} |\n|---|{'---|' * len(shown)}")
    for name in ("supported", "holds as run", "mixed", "not supported"):
        counts = Counter(o.verdict for o in outcomes if truth(o.planted) == name)
        print(f"| {name} | {' | '.join(str(counts[verdict]) for verdict in shown)} |")


if __name__ == "__main__":
    main()
