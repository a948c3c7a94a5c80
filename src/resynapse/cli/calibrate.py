"""The command that finds the strength of a test at which the intact network keeps a stated share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close
from resynapse.cli.console import grid, say
from resynapse.cli.options import Changes, EngineName, ProtocolName, Seed, Subjects, Workers, load_protocol
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError

CALIBRATIONS = Path("resynapse-calibrations")


@app.command
def calibrate(
    protocol: ProtocolName,
    /,
    *,
    outcome: Annotated[str, Parameter(help="Family of accuracies, such as acc_biased, acc_internal or acc_input.")] = (
        "acc_biased"
    ),
    keep: Annotated[
        float, Parameter(help="Share kept of what the intact network is above chance without noise, between 0 and 1.")
    ] = 0.75,
    strongest: Annotated[float, Parameter(help="Highest strength that is tested.")] = 4.0,
    tested: Annotated[int, Parameter(help="Number of strengths, evenly from 0 to the highest.")] = 33,
    subjects: Subjects = 4,
    out: Annotated[
        Path | None, Parameter(help="Run folder; by default resynapse-calibrations/PROTOCOL-OUTCOME-seedS.")
    ] = None,
    write: Annotated[
        Path | None,
        Parameter(help="Write the protocol that measures the calibrated outcome too, to run the comparison."),
    ] = None,
    workers: Workers = None,
    seed: Seed = 0,
    engine: EngineName = None,
    set: Changes = None,
) -> None:
    """Find the strength of a test at which the intact network keeps a stated share of its accuracy.

    The same command again goes on where it stopped, or prints the calibration of a finished run.
    """
    from resynapse.analysis.calibration import at_calibrated, calibrating, calibration
    from resynapse.analysis.cells import Cells
    from resynapse.api import run as start
    from resynapse.protocol import dumps
    from resynapse.report.page.tables import TextTable
    from resynapse.runs.progress import display

    if not 0.0 < keep < 1.0:
        raise ResynapseError(f"--keep {keep:g}: give a share between 0 and 1")
    if not strongest > 0 or not 2 <= tested <= 1000:
        raise ResynapseError(f"--strongest {strongest:g} --tested {tested}: give more than 0, and 2 to 1000 strengths")
    chosen = load_protocol(protocol, set, None)
    strengths = [float(f"{strongest * step / (tested - 1):.4g}") for step in range(tested)]
    plan = calibrating(chosen, outcome, strengths)
    folder = CALIBRATIONS / f"{chosen.name}-{outcome}-seed{seed}" if out is None else out
    with display() as shown:
        done = start(
            plan,
            subjects=subjects,
            out=folder,
            workers=workers,
            seed=seed,
            engine=engine,
            display=shown,
            note=lambda text: print(f"resynapse: {text}", file=sys.stderr),
        )
    found = calibration(Cells.of(done.table(), plan), plan, outcome, strengths, keep)
    rows = [(f"{s:g}", f"{a:.1f}") for s, a in zip(found.strengths, found.accuracy, strict=True)]
    grid(TextTable(f"Intact network of {chosen.name}: {outcome} by strength", ("strength", "accuracy %"), tuple(rows)))
    say(SHORT_DISCLAIMER)
    if found.beneath:
        raise ResynapseError(
            f"{found.beneath} of {len(found.found)} intact networks keep less than {100 * keep:g} % of their accuracy "
            f"above chance at strength {found.strengths[0]:g} already; lower --keep"
        )
    if found.outcome is None:
        raise ResynapseError(
            f"{found.without} of {len(found.found)} intact networks do not fall to {100 * keep:g} % of their accuracy "
            f"above chance by strength {strongest:g}; raise --strongest, or --keep"
        )
    low, high = found.interval.low, found.interval.high
    known = f" [{low:.3g}, {high:.3g}]" if low is not None and high is not None else ""
    sentence = f"the intact network keeps {100 * keep:g} % at strength {found.strength:g}{known}: {found.outcome}"
    after = f"resynapse calibrate {protocol} --outcome {outcome} --keep {keep:g} --write calibrated.yaml"
    if write is not None:
        write.write_text(dumps(at_calibrated(chosen, outcome, found.outcome)), encoding="utf-8")
        after = f"resynapse run {write} --subjects 10 --out {write.stem}"
    close(folder, sentence, after)
