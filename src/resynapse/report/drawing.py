"""`python -m resynapse.report.drawing RUN_FOLDER FIGURE...`: those that the run has, as JSON (see `beside.py`)."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import asdict
from pathlib import Path

from resynapse.report.figures import FIGURES
from resynapse.report.pictures import picture
from resynapse.report.run_data import RunData
from resynapse.runs.store.folder import RunFolder


def main(run_folder: str, *names: str) -> None:
    """Draw them, for another process that reads standard output."""
    gc.disable()  # as the other process does: drawings are many objects that stay
    run_data = RunData.of(RunFolder(Path(run_folder)))
    kinds = [kind for name in names if not (kind := FIGURES[name]).lacks(run_data)]
    json.dump([asdict(picture(run_data, kind)) for kind in kinds], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
