"""Commands that compute: replicate and run."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close_run
from resynapse.cli.completion import protocol_names
from resynapse.cli.console import paged, say, subjects_in_words
from resynapse.cli.options import (
    Changes,
    Controls,
    Dask,
    EngineName,
    ProtocolName,
    Seed,
    Subjects,
    Workers,
    load_protocol,
    time_span,
    with_controls,
)
from resynapse.cli.results import print_article_tables, print_comparison, print_reference
from resynapse.disclaimer import SHORT_DISCLAIMER

if TYPE_CHECKING:
    from resynapse.api import Run
    from resynapse.protocol import Protocol

RUNS = Path("resynapse-runs")


@app.command
def replicate(
    protocol: Annotated[
        str, Parameter(help="A library protocol (see `resynapse protocols`) or a YAML file.", completer=protocol_names)
    ] = "switch-relapse",
    /,
    *,
    subjects: Subjects = 10,
    out: Annotated[Path | None, Parameter(help="Run folder; by default resynapse-runs/PROTOCOL-seedS.")] = None,
    workers: Workers = None,
    seed: Seed = 0,
    engine: EngineName = None,
    dask: Dask = None,
    control: Controls = None,
    set: Changes = None,
) -> None:
    """Run a published protocol, then print its tables and the comparison with the publication.

    The same command again continues where it stopped, or prints the tables of a finished run.
    """
    from resynapse.publication.comparison import protocols_with_tables

    chosen = load_protocol(protocol, set, control)
    changed = [f"set{zlib.crc32(repr(set).encode()):08x}"] if set else []
    folder = RUNS / f"{'-'.join([chosen.name, *(control or []), *changed])}-seed{seed}" if out is None else out
    done = compute(chosen, subjects, folder, workers, seed, engine, dask)
    with paged():
        print_article_tables(done)
        if chosen.name in protocols_with_tables():
            print_comparison(done.agreement())
        else:
            say(f"No published table of protocol {chosen.name!r} ships with resynapse, so none is compared.")
            print_reference(done)
            say(SHORT_DISCLAIMER)
    close_run(done, f"resynapse report {folder}", more=True)


@app.command
def run(
    protocol: ProtocolName,
    /,
    *,
    subjects: Subjects,
    out: Annotated[Path, Parameter(help="The run folder; an unfinished run in it is continued.")],
    workers: Workers = None,
    seed: Seed = 0,
    arms: Annotated[str | None, Parameter(help="Some of the arms, separated by commas.")] = None,
    engine: EngineName = None,
    dask: Dask = None,
    control: Controls = None,
    set: Changes = None,
    within: Annotated[
        float | None,
        Parameter(
            converter=time_span,
            help="Time that the run may take, such as `90s`, `30m` or `1.5h`: as many subjects as fit are computed.",
        ),
    ] = None,
) -> None:
    """Run a protocol on a cohort; the same command again continues where it stopped."""
    chosen = load_protocol(protocol, set, None)
    if arms is not None:
        chosen = chosen.only([a.strip() for a in arms.split(",") if a.strip()])
    chosen = with_controls(chosen, control)
    done = compute(chosen, subjects, out, workers, seed, engine, dask, within)
    left = done.folder.unfinished()
    held = f"{done.manifest.subjects - left} of " if left else ""
    say(f"{held}{subjects_in_words(done.manifest.subjects)} of {chosen.name} in {out}; see `resynapse table {out}`.")
    say(SHORT_DISCLAIMER)
    close_run(done, f"the same command again goes on; resynapse report {out}" if left else f"resynapse report {out}")


def compute(
    protocol: Protocol,
    subjects: int,
    out: Path,
    workers: int | None,
    seed: int,
    engine: str | None,
    dask: str | None,
    within: float | None = None,
) -> Run:
    """Run a protocol into a folder, with progress and remarks on standard error."""
    from resynapse.api import run as start
    from resynapse.runs.progress import display

    with display() as shown:
        return start(
            protocol,
            subjects=subjects,
            out=out,
            workers=workers,
            seed=seed,
            engine=engine,
            dask=dask,
            display=shown,
            note=lambda text: print(f"resynapse: {text}", file=sys.stderr),
            within=within,
        )
