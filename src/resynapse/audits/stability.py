"""Does another cohort give the same verdict? The same audit at depth quick over several root seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resynapse.audits.ledger import Entry, ledger_of
from resynapse.audits.perturbations import Depth
from resynapse.audits.plan import AuditPlan, plan
from resynapse.audits.section import AuditSection, Evidence, Stage, Table

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


def _stages(planned: AuditPlan) -> Iterator[Stage]:
    """The cohorts of other root seeds; the tree is one of them where it is no larger than they are."""
    if len(planned.seeds) < 2:
        return
    depth: Depth = "light" if planned.depth == "light" else "quick"
    one = plan(planned.source, planned.claims, depth, SUBJECTS)
    own = planned.depth == depth and planned.subjects == SUBJECTS
    for root in planned.seeds[1:] if own else planned.seeds:
        yield Stage(name=f"seed{root}", protocol=one.protocol, subjects=SUBJECTS, seed=root)


def _judge(evidence: Evidence) -> tuple[Stability, ...]:
    here: tuple[Entry, ...] = evidence.found["claims"]
    cohorts = [(stage.seed, ledger_of(stage.protocol, table)) for stage, table in evidence.of(SECTION.name)]
    found = [(seed, entries) for seed, entries in cohorts if seed is not None]
    if found and evidence.seed not in dict(found):
        found = [(evidence.seed, here), *found]
    return stability(here, found)


def _tables(found: Sequence[Stability], _: int) -> Iterator[Table]:
    rows = tuple((s.claim, f"{s.same} of {len(s.seeds)}", s.counts) for s in found)
    seeds = ", ".join(str(seed) for seed in found[0].seeds) if found else ""
    yield Table(
        f"Verdicts over root seeds {seeds}, {SUBJECTS} subjects each", ("claim", "same as here", "verdicts"), rows
    )


SECTION = AuditSection(name="stability", judge=_judge, tables=_tables, stages=_stages)
