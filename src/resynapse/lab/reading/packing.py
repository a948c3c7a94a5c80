"""A run packed to be taken away, in a process of its own: tables, notebook, figures, and all of it as an RO-Crate."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

CRATE, FIGURES, NOTEBOOK = "crate.zip", "figures.zip", "again.ipynb"


def pack(run: Path, report: Path, place: Path) -> None:
    """Write the files of `resynapse export`, and two archives of them.

    Parameters
    ----------
    report : the report, which goes into the crate.
    place : the folder; it appears when everything is there.
    """
    from resynapse.report.crate import crate
    from resynapse.report.export import export
    from resynapse.report.run_data import RunData
    from resynapse.runs.store.folder import RunFolder

    run_data = RunData.of(RunFolder(run))
    draft = place.with_name(f"{place.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    # a notebook compares its numbers with those of a run that is finished
    paths = export(run_data, draft, notebook=not run_data.unfinished, figures=True)
    shutil.copyfile(report, draft / "report.html")
    paths += crate(run_data, draft, [*paths, draft / "report.html"])
    _archive(draft / CRATE, draft, [*paths, draft / "report.html"])
    _archive(draft / FIGURES, draft / "figures", sorted((draft / "figures").iterdir()))
    shutil.rmtree(place, ignore_errors=True)
    draft.replace(place)


def _archive(file: Path, root: Path, paths: list[Path]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in dict.fromkeys(paths):
            archive.write(path, path.relative_to(root).as_posix())


if __name__ == "__main__":
    from resynapse.errors import ResynapseError

    try:
        pack(*map(Path, sys.argv[1:4]))
    except (ResynapseError, OSError) as error:
        print(error)
        raise SystemExit(1) from None
