"""The commands that take a contrast between two arms apart: by components, and at equal dose."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close
from resynapse.cli.console import grid, paged, say
from resynapse.cli.options import Changes, Dask, ProtocolName, Seed, Subjects, Workers, load_protocol
from resynapse.disclaimer import SHORT_DISCLAIMER

ATTRIBUTIONS, MATCHES = Path("resynapse-attributions"), Path("resynapse-matches")
Between = Annotated[str, Parameter(help="Two arms, as in `--between ketamine,ssri`: the first minus the second.")]
Outcomes = Annotated[
    list[str] | None,
    Parameter(
        name="--outcome",
        help="What is compared, as in `--outcome 'acc_internal_2.5 at acute'`; may be given more than once. By "
        "default acc_combined, acc_internal_2.5 and acc_biased_1.0 at the first condition after treatment.",
        negative=(),
    ),
]
At = Annotated[
    str | None,
    Parameter(help="Condition of outcomes that name none; one without its count means the first count."),
]
Format = Annotated[Literal["text", "json"], Parameter(help="Tables and sentences, or one JSON object.")]


@app.command
def attribute(
    protocol: ProtocolName,
    /,
    *,
    between: Between,
    outcome: Outcomes = None,
    at: At = None,
    join: Annotated[
        list[str] | None,
        Parameter(
            help="Count components as one, as in `--join regrowth,guidance`; may be given more than once.", negative=()
        ),
    ] = None,
    subjects: Subjects = 10,
    out: Annotated[
        Path | None,
        Parameter(help="Folder of run and report; by default resynapse-attributions/PROTOCOL-FIRST-SECOND-seedS-ID."),
    ] = None,
    workers: Workers = None,
    seed: Seed = 0,
    dask: Dask = None,
    set: Changes = None,
    format: Format = "text",
) -> None:
    """Divide the difference between two arms among the components of their treatments (Shapley shares).

    The same command again continues where it stopped, or prints the shares of a finished run.
    """
    from resynapse.api import attribute as start
    from resynapse.report.sections.attribution import attribution_sentences, attribution_tables, write_page
    from resynapse.runs.progress import display

    chosen = load_protocol(protocol, set, None)
    arms = _arms(between)
    folder = ATTRIBUTIONS / _name(chosen.name, arms, seed, (outcome, at, join, set)) if out is None else out
    with display() as shown:
        found = start(
            chosen,
            between=arms,
            outcomes=outcome or [],
            at=at,
            join=[names.split(",") for names in join or []],
            subjects=subjects,
            out=folder,
            workers=workers,
            seed=seed,
            dask=dask,
            display=shown,
            note=lambda text: print(f"resynapse: {text}", file=sys.stderr),
        )
    page = write_page(found, folder)
    if format == "json":
        sys.stdout.write(found.to_json())
        return
    sentences = attribution_sentences(found)
    with paged():
        for table in attribution_tables(found):
            grid(table)
        for sentence in sentences:
            say(sentence)
        say(SHORT_DISCLAIMER)
    close(folder, sentences[0], f"open {page} in a browser")


@app.command
def match(
    protocol: ProtocolName,
    /,
    *,
    between: Between,
    outcome: Outcomes = None,
    at: At = None,
    subjects: Subjects = 10,
    out: Annotated[
        Path | None,
        Parameter(help="Folder of the run; by default resynapse-matches/PROTOCOL-FIRST-SECOND-seedS-ID."),
    ] = None,
    workers: Workers = None,
    seed: Seed = 0,
    dask: Dask = None,
    set: Changes = None,
    format: Format = "text",
) -> None:
    """Compare two arms as run, and at equal exposure, equal change of connections and equal training loss.

    The arm with the smaller exposure is run at several learning rates. The same command again continues where it
    stopped.
    """
    from resynapse.api import match as start
    from resynapse.report.sections.matching import matching_sentences, matching_tables
    from resynapse.runs.progress import display

    chosen = load_protocol(protocol, set, None)
    arms = _arms(between)
    folder = MATCHES / _name(chosen.name, arms, seed, (outcome, at, set)) if out is None else out
    with display() as shown:
        found = start(
            chosen,
            between=arms,
            outcomes=outcome or [],
            at=at,
            subjects=subjects,
            out=folder,
            workers=workers,
            seed=seed,
            dask=dask,
            display=shown,
            note=lambda text: print(f"resynapse: {text}", file=sys.stderr),
        )
    if format == "json":
        sys.stdout.write(found.to_json())
        return
    sentences = matching_sentences(found)
    with paged():
        for table in matching_tables(found):
            grid(table)
        for sentence in sentences:
            say(sentence)
        say(SHORT_DISCLAIMER)
    close(folder, sentences[0], f"resynapse analyse {folder}")


def _arms(between: str) -> list[str]:
    return [arm.strip() for arm in between.split(",")]


def _name(protocol: str, arms: list[str], seed: int, requested: object) -> str:
    """The name of a folder: what is requested decides what is run, so that it is a part of it."""
    return f"{'-'.join([protocol, *arms])}-seed{seed}-{zlib.crc32(repr(requested).encode()):08x}"
