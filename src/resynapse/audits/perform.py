"""Run an audit: its stages one after the other, each an ordinary run folder that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit, of_evidence
from resynapse.audits.plan import AuditPlan
from resynapse.audits.registration import seal
from resynapse.audits.section import Evidence, Note, Stage
from resynapse.audits.sections import judge, sections
from resynapse.audits.stages import TREE, Pace, Stages, missing
from resynapse.audits.within import Wish, fitted
from resynapse.cohort import Cohort
from resynapse.errors import OutOfTimeError
from resynapse.runs.duration import duration
from resynapse.runs.execute import execute
from resynapse.runs.planning.budget import Budget
from resynapse.runs.progress import Display
from resynapse.runs.store.atomic_files import put
from resynapse.runs.store.folder import RunFolder

if TYPE_CHECKING:
    import polars as pl

RESULT = "audit.json"


def perform(
    wish: Wish,
    *,
    workers: int | None = None,
    dask: str | None = None,
    display: Display | None = None,
    note: Note = lambda text: None,
    budget: Budget | None = None,
) -> Audit:
    """Plan, print the plan, run what is missing, judge.

    Parameters
    ----------
    budget : time after which nothing more is run; what is finished by then is judged.

    Raises
    ------
    ResynapseError : see `resynapse.runs.execute`; what is finished is kept in the folder.
    """
    planned, pace = fitted(wish, budget, workers)
    stages, out = Stages.of(planned), wish.folder(planned.depth)
    seen = RunFolder(out / TREE)
    sealed = seal(out, wish.claims, seen.finished() if seen.manifest_path.exists() else 0)
    note(sealed.sentence)
    _say(planned, [one for one in stages.in_order if missing(out, one)], pace, out, note)
    left_out: list[str] = []

    def results(stage: Stage) -> pl.DataFrame | None:
        """The table of a stage; None of one beside the tree that the time did not suffice for."""
        folder = RunFolder(out / stage.name)
        cohort = Cohort(size=stage.subjects, root_seed=wish.seed if stage.seed is None else stage.seed)
        ahead = stages.in_order[stages.in_order.index(stage) :] if stage in stages.in_order else ()
        timed = bool(missing(out, stage)) and (budget is not None or bool(ahead))
        try:
            execute(
                stage.protocol,
                cohort,
                folder,
                workers=workers,
                dask=dask,
                display=display,
                note=note,
                budget=budget,
                expected=pace.each(stage) if timed else None,
                later=pace.seconds(ahead, out) - pace.alone(stage, out) if timed and ahead else 0.0,
                title=stage.name,
            )
        except OutOfTimeError:
            if stage is stages.tree:
                raise
        if stage is not stages.tree and missing(out, stage):
            left_out.append(stage.name)
            return None
        return folder.table()

    read = {stage.name: results(stage) for stage in stages.in_order}
    tree = read[TREE]
    assert tree is not None
    runs = {name: _finished((stage, read[stage.name]) for stage in beside) for name, beside in stages.wanted.items()}
    evidence = Evidence(planned=planned, cells=Cells.of(tree, planned.protocol), seed=wish.seed, runs=runs)
    for section in sections():
        later = _finished((stage, results(stage)) for stage in section.later(evidence, note))
        evidence = replace(evidence, runs={**evidence.runs, section.name: (*evidence.of(section.name), *later)})
        evidence = replace(evidence, found={**evidence.found, section.name: judge(section, evidence)})
    if budget is not None:
        evidence = replace(evidence, planned=_told(planned, wish, budget, len(evidence.cells.subjects), left_out))
    found = of_evidence(evidence, sealed)
    put(out / RESULT, lambda draft: draft.write_text(found.to_json(), "utf-8"))
    return found


def _finished(read: Iterable[tuple[Stage, pl.DataFrame | None]]) -> tuple[tuple[Stage, pl.DataFrame], ...]:
    return tuple((stage, table) for stage, table in read if table is not None)


def _told(planned: AuditPlan, wish: Wish, budget: Budget, subjects: int, left_out: Sequence[str]) -> AuditPlan:
    """The plan with what the time did not suffice for among what is reduced."""
    whole = wish.planned(planned.depth).subjects
    said = []
    if subjects < whole:
        said.append(f"{subjects} of {whole} subjects, which is what {budget} sufficed for")
    if left_out:
        said.append(f"{budget} did not suffice for {', '.join(left_out)}, so that nothing is decided by them")
    return replace(planned, reduced=(*planned.reduced, *said))


def _say(planned: AuditPlan, open_stages: Sequence[Stage], pace: Pace, out: Path, note: Note) -> None:
    """The plan and its cost, before anything starts."""
    claims, rows = len(planned.protocol.claims), len(planned.amendments)
    note(f"audit of {planned.protocol.name}, depth {planned.depth}: {claims} claims, {rows} changes of constants")
    for text in planned.reduced:
        note(f"reduced: {text}")
    for stage in open_stages:
        arms, each = len(stage.protocol.arms) + len(stage.protocol.variants), pace.each(stage)
        note(
            f"{stage.name}: {stage.subjects} subjects, {arms} arms and variants, "
            f"{each.epochs} training epochs a subject, about {duration(each.seconds)} each"
        )
        if stage.then:
            note(stage.then)
    if open_stages:
        total = duration(pace.seconds(open_stages, out))
        note(f"about {total} in all on this machine, from steps timed just now; a stop loses nothing")
