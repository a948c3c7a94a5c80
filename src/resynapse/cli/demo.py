"""The first command of a new user: a miniature run with its page, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close, headline
from resynapse.cli.console import grid, say
from resynapse.cli.options import Seed, Subjects, Workers
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def demo(
    *,
    subjects: Subjects = 4,
    out: Annotated[Path | None, Parameter(help="Run folder; by default resynapse-runs/demo-seedS.")] = None,
    workers: Workers = None,
    seed: Seed = 0,
) -> None:
    """Run a miniature of the published protocol, print its means and write its report, in seconds."""
    from resynapse.cli.running import RUNS, compute
    from resynapse.protocol import load
    from resynapse.report.page.tables import article_tables

    folder = RUNS / f"demo-seed{seed}" if out is None else out
    done = compute(load("demo"), subjects, folder, workers, seed, None, None)
    first, *_ = article_tables(done.protocol, done.table())
    grid(first)
    page = done.report(folder / "report.html")
    say(f"A miniature: it shows how things work, and its numbers mean nothing by themselves. {SHORT_DISCLAIMER}")
    close(page, headline(done), "open that page in a browser; then `resynapse replicate` for the published protocol")
