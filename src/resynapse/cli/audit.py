"""The command that tests which conclusions are robust, and what they depend on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close
from resynapse.cli.completion import protocol_names
from resynapse.cli.console import grid, paged, say
from resynapse.cli.options import Dask, Seed, Workers, is_run, load_protocol, open_run, time_span, whole
from resynapse.disclaimer import SHORT_DISCLAIMER

if TYPE_CHECKING:
    from resynapse.audits.audit import Audit
    from resynapse.audits.perturbations import Depth

AUDITS = Path("resynapse-audits")


@app.command
def audit(
    protocol: Annotated[
        str,
        Parameter(
            help="A library protocol with claims, a YAML file with a `claims:` block, or a run folder, which is judged "
            "as it is: nothing is run.",
            completer=protocol_names,
        ),
    ],
    /,
    *,
    depth: Annotated[
        Literal["light", "quick", "standard", "full"] | None,
        Parameter(
            help="What trains nothing, without maintenance; the battery that decides verdicts; ablations, sweeps, "
            "sensitivity, other networks too; or everything. By default quick, and with --within the deepest that fits."
        ),
    ] = None,
    subjects: Annotated[
        int | None, Parameter(converter=whole, help="Size of the cohort; by default 4, 10, 20 or 100 with the depth.")
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="Folder of the audit's runs; by default resynapse-audits/PROTOCOL-DEPTH-seedS.")
    ] = None,
    workers: Workers = None,
    seed: Seed = 0,
    seeds: Annotated[
        int | None,
        Parameter(
            converter=whole,
            help="Root seeds, from --seed on, over which verdicts are compared, ten subjects each; by default 1 at "
            "depths light and quick, which compares none, and 5 at the others.",
        ),
    ] = None,
    dask: Dask = None,
    claims: Annotated[
        str | None, Parameter(help="Claims of another name, or a YAML file of claims; by default the protocol's own.")
    ] = None,
    format: Annotated[Literal["text", "json"], Parameter(help="Tables and sentences, or one JSON object.")] = "text",
    within: Annotated[
        float | None,
        Parameter(
            converter=time_span,
            help="Time that the audit may take, such as `30m` or `2h`: depth and subjects are planned to fit.",
        ),
    ] = None,
    recorded: Annotated[
        bool,
        Parameter(
            help="Run nothing: print the audit of record that ships with resynapse, beside that of --out if given.",
            negative="",
        ),
    ] = False,
) -> None:
    """Judge every claim of a protocol, and say which constant each conclusion rests on.

    The same command again continues where it stopped, or prints the audit of finished runs.
    """
    if recorded:
        from resynapse.cli.recorded import print_recorded

        print_recorded(protocol, out, as_json=format == "json")
        return
    from resynapse.api import Run
    from resynapse.api import audit as start
    from resynapse.report.sections.undecided import undecided_of_audit
    from resynapse.runs.progress import display

    if is_run(protocol):
        asked = {"--depth": depth, "--subjects": subjects, "--out": out, "--workers": workers, "--seeds": seeds}
        refuse_to_run(protocol, {**asked, "--seed": seed or None, "--dask": dask, "--within": within})
        print_audit(start(open_run(Path(protocol)), claims=claims), protocol, f"resynapse report {protocol}", format)
        return
    chosen = load_protocol(protocol, None, None)

    def folder_of(depth: Depth) -> Path:
        return AUDITS / f"{chosen.name}-{depth}-seed{seed}" if out is None else out

    with display() as shown:
        found = start(
            chosen,
            depth=depth,
            subjects=subjects,
            out=folder_of,
            workers=workers,
            seed=seed,
            seeds=seeds,
            dask=dask,
            claims=claims,
            display=shown,
            note=lambda text: print(f"resynapse: {text}", file=sys.stderr),
            within=within,
        )
    folder = folder_of(found.depth)
    page = None if format == "json" else Run(folder / "tree").report(folder / "report.html", audit=found)
    undecided = undecided_of_audit(found) if within is not None else ""
    print_audit(found, folder, f"open {page} in a browser", format, undecided)


def refuse_to_run(folder: str, options: Mapping[str, object]) -> None:
    """Refuse options that say how subjects are run where a finished run is judged."""
    from resynapse.errors import ResynapseError

    for name, value in options.items():
        if value is not None:
            raise ResynapseError(f"{name} {value}: {folder} is a run, which is judged as it is; leave {name} out")


def print_audit(found: Audit, where: Path | str, after: str, format: str, undecided: str = "") -> None:
    """Print ledger, readings and sentences of an audit, or all of it as JSON."""
    if format == "json":
        sys.stdout.write(found.to_json())
        return
    from resynapse.report.sections.audit import audit_sentences, audit_tables
    from resynapse.report.sections.headline import headline_of_audit

    with paged():
        for table in audit_tables(found):
            grid(table)
        for sentence in audit_sentences(found):
            say(sentence)
        say(SHORT_DISCLAIMER)
    close(where, headline_of_audit(found), after, undecided)
