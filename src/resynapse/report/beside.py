"""A second process that draws some figures of a report while the first does all else.

Drawing holds the interpreter, so threads gain nothing. The process is begun before the first one imports what a report
needs, so that both import at once: nothing here may import more than it must.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.cores import usable_cores

if TYPE_CHECKING:
    from resynapse.report.page.section import Picture

BESIDE = ("resilience", "pairs", "trajectories", "forest")
"""Figures that take about half of the time after the imports (the others wait for networks, or come first)."""


@dataclass(frozen=True, slots=True)
class Drawer:
    """A process that draws `names`."""

    process: subprocess.Popen[bytes]
    names: frozenset[str] = field(default=frozenset(BESIDE))

    def pictures(self) -> dict[str, Picture]:
        """What it drew, by name, when it is ready; nothing where it failed, as the caller then draws them itself."""
        from resynapse.report.page.section import Picture

        out, _ = self.process.communicate()
        made = (Picture(**fields) for fields in json.loads(out)) if self.process.returncode == 0 else ()
        return {one.name: one for one in made}


@contextmanager
def drawing_beside(run_folder: Path) -> Iterator[Drawer | None]:
    """Draw some figures of the run in a second process; None where there is no second core for it."""
    if usable_cores() < 2 or not run_folder.is_dir():
        yield None
        return
    command = [sys.executable, "-m", "resynapse.report.drawing", str(run_folder), *BESIDE]
    # what it says would be said twice
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        yield Drawer(process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
