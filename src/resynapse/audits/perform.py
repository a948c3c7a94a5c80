"""Run an audit: its stages one after the other, each an ordinary run folder that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit, AuditPlan, conclude, judged, plan
from resynapse.audits.other_networks import robust, settings
from resynapse.audits.perturbations import Depth
from resynapse.audits.region_map import directions, grid, mapped
from resynapse.audits.registration import seal
from resynapse.audits.sensitivity import Design, design, indices
from resynapse.audits.stability import SUBJECTS, stability
from resynapse.audits.transfer import rescaled, said
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

Note = Callable[[str], None]
SCREENED, OTHERS = 2, 6
"""Subjects of screening and map, and of other networks, at depth standard; a full audit takes a fifth of the tree's."""
SEEDS: dict[Depth, int] = {"quick": 1, "standard": 5, "full": 5}
"""Root seeds over which verdicts are compared, by default."""
TREE, SCREENING = "tree", "screening"
RESULT = "audit.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One run of an audit, in a folder of its name."""

    name: str
    protocol: Protocol
    subjects: int
    seed: int | None = None
    """Root seed, where it is not that of the audit."""


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
    """Plan, say the plan, run what is missing, judge.

    Parameters
    ----------
    seeds : root seeds, from `seed` on, over which the stability of verdicts is looked at; by default 1 at depth quick,
        which shows nothing about it, and 5 at the others.

    Raises
    ------
    ResynapseError : see `resynapse.runs.execute`; what is finished is kept in `out`.
    """
    planned = plan(protocol, claims, depth, subjects)
    designs = _designs(protocol, depth)
    again = _again(protocol, claims, planned, range(seed, seed + (SEEDS[depth] if seeds is None else seeds)))
    stages = (*_stages(planned, designs, protocol), *again.values())
    seen = RunFolder(out / TREE)
    sealed = seal(out, claims, seen.finished() if seen.manifest_path.exists() else 0)
    note(sealed.sentence)
    _say(planned, [stage for stage in stages if _open(RunFolder(out / stage.name), stage)], workers, note)

    def results(stage: Stage) -> pl.DataFrame:
        folder = RunFolder(out / stage.name)
        cohort = Cohort(size=stage.subjects, root_seed=seed if stage.seed is None else stage.seed)
        execute(stage.protocol, cohort, folder, workers=workers, dask=dask, display=display, note=note)
        return folder.table()

    read = {stage.name: results(stage) for stage in stages}
    found = conclude(planned, read[TREE])
    cohorts = [(root, judged(stage.protocol, read[stage.name])) for root, stage in again.items()]
    if again and seed not in again:
        cohorts = [(seed, found.claims), *cohorts]
    found = replace(found, seal=sealed, stability=stability(found.claims, cohorts))
    if designs:
        elsewhere = {
            stage.name: said(protocol, stage.protocol)
            for stage in stages
            if stage.seed is None and type(stage.protocol.task) is not type(protocol.task)
        }
        effects = {name: indices(one, claims, Cells.of(read[name])) for name, one in designs.items()}
        along = directions(effects[SCREENING])
        tree = grid(protocol, along)
        few = next(stage.subjects for stage in stages if stage.name == SCREENING)
        note(f"map: {' and '.join(constant.name for constant in along)} have the largest effects")
        map_table = results(Stage(name="map", protocol=tree, subjects=few))
        found = replace(
            found,
            sensitivity=tuple(index for each in effects.values() for index in each),
            map=mapped(claims, Cells.of(map_table, tree), tree, along),
            reduced=(
                *found.reduced,
                *(f"{one.name}: {text}" for one in stages if one.name in elsewhere for text in elsewhere[one.name]),
            ),
            robustness=tuple(
                row
                for stage in stages
                if stage.name != TREE and stage.name not in designs and stage.seed is None
                for row in robust(
                    stage.name,
                    rescaled(claims, protocol, stage.protocol),
                    Cells.of(read[stage.name], stage.protocol),
                )
            ),
        )
    put(out / RESULT, lambda draft: draft.write_text(found.to_json(), "utf-8"))
    return found


def _again(protocol: Protocol, claims: Sequence[Claim], planned: AuditPlan, seeds: Sequence[int]) -> dict[int, Stage]:
    """The cohorts of other root seeds; the tree is one of them where it is no larger than they are."""
    if len(seeds) < 2:
        return {}
    quick = plan(protocol, claims, "quick", SUBJECTS)
    own = planned.depth == "quick" and planned.subjects == SUBJECTS
    return {
        root: Stage(name=f"seed{root}", protocol=quick.protocol, subjects=SUBJECTS, seed=root)
        for root in (seeds[1:] if own else seeds)
    }


def _designs(protocol: Protocol, depth: Depth) -> dict[str, Design]:
    """The screening designs of a depth, by the name of their stage."""
    if depth == "quick":
        return {}
    made = {SCREENING: design(protocol, "Morris")}
    return {**made, "variance": design(protocol, "Sobol")} if depth == "full" else made


def _stages(planned: AuditPlan, designs: dict[str, Design], protocol: Protocol) -> Iterator[Stage]:
    yield Stage(name=TREE, protocol=planned.protocol, subjects=planned.subjects)
    if planned.depth == "quick":
        return
    whole = planned.depth == "full"
    screened, others = (
        min(planned.subjects, max(few, planned.subjects // 5 if whole else 0)) for few in (SCREENED, OTHERS)
    )
    for name, one in designs.items():
        yield Stage(name=name, protocol=one.protocol, subjects=screened)
    for name, other in settings(protocol, whole=whole):
        yield Stage(name=name, protocol=other, subjects=others)


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
        if stage.name == SCREENING:
            note("map: planned after the screening, at about a fifth of its cost")
            total += -(-stage.subjects // at_once) * seconds / 5
    if missing:
        note(f"about {duration(total)} in all on this machine, from steps timed just now; a stop loses nothing")
