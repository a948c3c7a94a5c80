"""Run an audit: its stages one after the other, each an ordinary run folder that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit, of_evidence
from resynapse.audits.perturbations import Depth
from resynapse.audits.plan import AuditPlan, plan
from resynapse.audits.registration import seal
from resynapse.audits.section import Evidence, Note, Stage
from resynapse.audits.sections import judge, sections
from resynapse.cohort import Cohort
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.protocol.routes import epochs
from resynapse.runs.duration import duration
from resynapse.runs.execute import execute
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.progress import Display
from resynapse.runs.provenance import usable_cores
from resynapse.runs.store.atomic_files import put
from resynapse.runs.store.folder import RunFolder

if TYPE_CHECKING:
    import polars as pl

SEEDS: dict[Depth, int] = {"quick": 1, "standard": 5, "full": 5}
"""Root seeds over which verdicts are compared, by default."""
TREE = "tree"
RESULT = "audit.json"


def perform(
    protocol: Protocol,
    claims: Sequence[Claim],
    *,
    depth: Depth,
    subjects: int | None,
    out: Path,
    workers: int | None = None,
    seed: int = 0,
    seeds: int | None = None,
    dask: str | None = None,
    display: Display | None = None,
    note: Note = lambda text: None,
) -> Audit:
    """Plan, print the plan, run what is missing, judge.

    Parameters
    ----------
    seeds : root seeds, from `seed` on, over which the stability of verdicts is looked at; by default 1 at depth quick,
        which shows nothing about it, and 5 at the others.

    Raises
    ------
    ResynapseError : see `resynapse.runs.execute`; what is finished is kept in `out`.
    """
    compared = range(seed, seed + (SEEDS[depth] if seeds is None else seeds))
    planned = replace(plan(protocol, claims, depth, subjects), seeds=tuple(compared))
    tree = Stage(name=TREE, protocol=planned.protocol, subjects=planned.subjects)
    wanted = {section.name: tuple(section.stages(planned)) for section in sections()}
    # other root seeds come last: they matter least
    others = sorted((one for stages in wanted.values() for one in stages), key=lambda one: one.seed is not None)
    seen = RunFolder(out / TREE)
    sealed = seal(out, claims, seen.finished() if seen.manifest_path.exists() else 0)
    note(sealed.sentence)
    _say(planned, [one for one in (tree, *others) if _open(RunFolder(out / one.name), one)], workers, note)

    def results(stage: Stage) -> pl.DataFrame:
        folder = RunFolder(out / stage.name)
        cohort = Cohort(size=stage.subjects, root_seed=seed if stage.seed is None else stage.seed)
        execute(stage.protocol, cohort, folder, workers=workers, dask=dask, display=display, note=note)
        return folder.table()

    read = {stage.name: results(stage) for stage in (tree, *others)}
    runs = {name: tuple((stage, read[stage.name]) for stage in stages) for name, stages in wanted.items()}
    evidence = Evidence(planned=planned, cells=Cells.of(read[TREE], planned.protocol), seed=seed, runs=runs)
    for section in sections():
        later = tuple((stage, results(stage)) for stage in section.later(evidence, note))
        evidence = replace(evidence, runs={**evidence.runs, section.name: (*evidence.of(section.name), *later)})
        evidence = replace(evidence, found={**evidence.found, section.name: judge(section, evidence)})
    found = of_evidence(evidence, sealed)
    put(out / RESULT, lambda draft: draft.write_text(found.to_json(), "utf-8"))
    return found


def _open(folder: RunFolder, stage: Stage) -> bool:
    """Whether something of a stage is still to be run."""
    if not folder.manifest_path.exists():
        return True
    return folder.manifest().subjects < stage.subjects or folder.unfinished() > 0


def _say(planned: AuditPlan, missing: Sequence[Stage], workers: int | None, note: Note) -> None:
    """The plan and its cost, before anything starts."""
    claims, rows = len(planned.protocol.claims), len(planned.amendments)
    note(f"audit of {planned.protocol.name}, depth {planned.depth}: {claims} claims, {rows} changes of constants")
    for text in planned.reduced:
        note(f"reduced: {text}")
    total = 0.0
    for stage in missing:
        seconds = Estimate.rehearse(stage.protocol).seconds
        at_once = min(workers or usable_cores(), stage.subjects)
        total += -(-stage.subjects // at_once) * seconds
        arms = len(stage.protocol.arms) + len(stage.protocol.variants)
        note(
            f"{stage.name}: {stage.subjects} subjects, {arms} arms and variants, "
            f"{epochs(stage.protocol.routes)} training epochs a subject, about {duration(seconds)} each"
        )
        if stage.then:
            note(stage.then)
            total += -(-stage.subjects // at_once) * seconds * stage.then_share
    if missing:
        note(f"about {duration(total)} in all on this machine, from steps timed just now; a stop loses nothing")
