"""Run an attribution: say what it costs, run what is missing of its tree, divide the contrasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from resynapse.analysis.cells import Cells
from resynapse.attribution.attribution import Attribution, attribution
from resynapse.attribution.factorial import Factorial
from resynapse.cohort import Cohort
from resynapse.protocol.paths import epochs
from resynapse.runs.cost import Estimate
from resynapse.runs.execute import execute
from resynapse.runs.files import put
from resynapse.runs.folder import RunFolder
from resynapse.runs.progress import Display

Note = Callable[[str], None]
TREE, RESULT = "tree", "attribution.json"


def perform(
    tree: Factorial,
    protocol: str,
    *,
    subjects: int,
    out: Path,
    workers: int | None = None,
    seed: int = 0,
    dask: str | None = None,
    display: Display | None = None,
    note: Note = lambda text: None,
) -> Attribution:
    """Run the tree of an attribution in a folder, or go on with it.

    Raises
    ------
    ResynapseError : see `resynapse.runs.execute`; what is finished is kept in `out`.
    """
    folder = RunFolder(out / TREE)
    cohort = Cohort(size=subjects, root_seed=seed)
    number = len(tree.players)
    note(f"{tree.first} minus {tree.second}: {number} components, {len(tree.arms)} mixtures of them")
    if _open(folder, subjects):
        note(Estimate.rehearse(tree.protocol).sentence(subjects))
    execute(tree.protocol, cohort, folder, workers=workers, dask=dask, display=display, note=note)
    cells = Cells.of(folder.table(), tree.protocol)
    found = attribution(tree, cells, protocol, epochs(tree.protocol.routes))
    put(out / RESULT, lambda draft: draft.write_text(found.to_json(), "utf-8"))
    return found


def _open(folder: RunFolder, subjects: int) -> bool:
    """Whether something is still to be run."""
    return not folder.manifest_path.exists() or folder.manifest().subjects < subjects or folder.unfinished() > 0
