"""Run an attribution or a matching: print its cost, run what is missing of its tree, and read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from resynapse.analysis.cells import Cells
from resynapse.attribution.attribution import Attribution, attribution
from resynapse.attribution.factorial import Factorial
from resynapse.attribution.ladder import Ladder
from resynapse.attribution.matched import Matching, matching
from resynapse.cohort import Cohort
from resynapse.protocol import Protocol
from resynapse.protocol.routes import epochs
from resynapse.runs.execute import execute
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.progress import Display
from resynapse.runs.store.atomic_files import put
from resynapse.runs.store.folder import RunFolder

Note = Callable[[str], None]
TREE = "tree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a tree is run, and where.

    Parameters
    ----------
    subjects, seed, workers, dask, display, note : see `resynapse.runs.execute`.
    out : folder of the run, of its result and of its page.
    """

    subjects: int
    out: Path
    workers: int | None = None
    seed: int = 0
    dask: str | None = None
    display: Display | None = None
    note: Note = lambda text: None

    def cells(self, tree: Protocol, what: str) -> Cells:
        """The results of a tree: what is missing is run, after its size and cost are printed.

        Raises
        ------
        ResynapseError : see `resynapse.runs.execute`; what is finished is kept.
        """
        folder = RunFolder(self.out / TREE)
        cohort = Cohort(size=self.subjects, root_seed=self.seed)
        self.note(what)
        if _open(folder, self.subjects):
            self.note(Estimate.rehearse(tree).sentence(self.subjects))
        execute(tree, cohort, folder, workers=self.workers, dask=self.dask, display=self.display, note=self.note)
        return Cells.of(folder.table(), tree)

    def keep(self, name: str, text: str) -> None:
        """Write a result beside its run."""
        put(self.out / name, lambda draft: draft.write_text(text, "utf-8"))


def attributed(tree: Factorial, protocol: str, running: Running) -> Attribution:
    """Run the mixtures of two arms, and divide their differences."""
    number = len(tree.players)
    what = f"{tree.first} minus {tree.second}: {number} components, {len(tree.arms)} mixtures of them"
    found = attribution(tree, running.cells(tree.protocol, what), protocol, epochs(tree.protocol.routes))
    running.keep("attribution.json", found.to_json())
    return found


def matched(tree: Ladder, protocol: str, running: Running) -> Matching:
    """Run the ladder of an arm, and compare at equal exposure, change and loss."""
    what = f"{tree.matched} at {len(tree.rungs)} learning rates, {min(tree.rates):.3g} to {max(tree.rates):.3g}"
    found = matching(tree, running.cells(tree.protocol, f"{what}, beside {tree.fixed}"), protocol)
    running.keep("match.json", found.to_json())
    return found


def _open(folder: RunFolder, subjects: int) -> bool:
    """Whether something is still to be run."""
    return not folder.manifest_path.exists() or folder.manifest().subjects < subjects or folder.unfinished() > 0
