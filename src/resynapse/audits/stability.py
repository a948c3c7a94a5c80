"""Does another cohort give the same verdict? The same audit at depth quick over several root seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from resynapse.audits.ledger import Entry

SUBJECTS = 10
"""Of each cohort: as many as the article has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """The verdicts of one claim over cohorts with other root seeds.

    Parameters
    ----------
    claim : its id.
    seeds : root seeds of the cohorts, each of `SUBJECTS` subjects.
    verdicts : the verdict at each seed.
    same : in how many of them it is the verdict of the audit itself.
    """

    claim: str
    seeds: tuple[int, ...]
    verdicts: tuple[str, ...]
    same: int

    @property
    def counts(self) -> str:
        """The verdicts and how often each came out, the most frequent first."""
        return ", ".join(f"{verdict} {count}" for verdict, count in Counter(self.verdicts).most_common())


def stability(entries: Sequence[Entry], cohorts: Sequence[tuple[int, Sequence[Entry]]]) -> tuple[Stability, ...]:
    """Compare an audit's verdicts with those of other cohorts.

    Parameters
    ----------
    entries : of the audit.
    cohorts : root seed and ledger of each cohort.
    """
    if not cohorts:
        return ()
    made = []
    for entry in entries:
        there = [next(other.verdict for other in ledger if other.id == entry.id) for _, ledger in cohorts]
        seeds = tuple(seed for seed, _ in cohorts)
        same = sum(verdict == entry.verdict for verdict in there)
        made.append(Stability(claim=entry.id, seeds=seeds, verdicts=tuple(there), same=same))
    return tuple(made)
