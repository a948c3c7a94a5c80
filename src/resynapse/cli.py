"""The command line. It parses, calls the Python interface and prints; no science here."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter, Token

from resynapse import __version__
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ClusterLostError, ResynapseError, RunInterruptedError, SubjectError

if TYPE_CHECKING:
    from rich.console import Console

    from resynapse.api import Run
    from resynapse.protocol import Protocol
    from resynapse.report.tables import TextTable

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
RUNS = Path("resynapse-runs")

app = App(
    name="resynapse",
    version=__version__,
    help="An in-silico laboratory for synaptic-pruning models of depression and its treatment.",
    help_epilogue=SHORT_DISCLAIMER,
    help_format="plaintext",
)


def _whole(_: object, tokens: Sequence[Token]) -> int:
    """A whole number; a fraction is refused, not rounded."""
    text = tokens[0].value
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(f"{text} is no whole number")
    return int(text)


Subjects = Annotated[int, Parameter(help="Size of the cohort.", converter=_whole)]
Workers = Annotated[
    int | None, Parameter(converter=_whole, help="Subjects at a time; by default the cores this process may use.")
]
Seed = Annotated[int, Parameter(converter=_whole, help="Root seed of all randomness.")]
EngineName = Annotated[
    Literal["compiled", "reference"],
    Parameter(help="The fast engine, or the slow literal one that defines the model."),
]
Dask = Annotated[
    str | None,
    Parameter(help="Compute on Dask: `local` for worker processes here, or a scheduler's address."),
]
Controls = Annotated[
    list[str] | None,
    Parameter(
        name="--control",
        help="Add a control beside every arm that it changes; may be given more than once (`resynapse controls`).",
        negative=(),
    ),
]
Changes = Annotated[
    list[str] | None,
    Parameter(
        name="--set",
        help="Change one value, as in `--set arms.ketamine.regrow.of_pruned=0.25`; may be given more than once.",
        negative=(),
    ),
]
RunPath = Annotated[Path, Parameter(help="A run folder.")]


@app.command
def replicate(
    protocol: Annotated[
        str, Parameter(help="A library protocol (see `resynapse protocols`) or a YAML file.")
    ] = "switch-relapse",
    /,
    *,
    subjects: Subjects = 10,
    out: Annotated[Path | None, Parameter(help="Run folder; by default resynapse-runs/PROTOCOL-seedS.")] = None,
    workers: Workers = None,
    seed: Seed = 0,
    engine: EngineName = "compiled",
    dask: Dask = None,
    control: Controls = None,
    set: Changes = None,
) -> None:
    """Run a published protocol, then print its tables and the comparison with the publication.

    The same command again goes on where it stopped, or prints the tables of a finished run.
    """
    from resynapse.analysis.published import protocols_with_tables

    chosen = _load(protocol, set, control)
    changed = [f"set{zlib.crc32(repr(set).encode()):08x}"] if set else []
    folder = RUNS / f"{'-'.join([chosen.name, *(control or []), *changed])}-seed{seed}" if out is None else out
    done = _run(chosen, subjects, folder, workers, seed, engine, dask)
    _print_article_tables(done)
    if chosen.name in protocols_with_tables():
        _print_comparison(done)
    else:
        _say(f"No published table of protocol {chosen.name!r} ships with resynapse, so none is compared.")
        _say(SHORT_DISCLAIMER)
    _say(f"\nRun folder: {folder}")


@app.command
def run(
    protocol: Annotated[str, Parameter(help="A library protocol or the path of a YAML file.")],
    /,
    *,
    subjects: Subjects,
    out: Annotated[Path, Parameter(help="Run folder; an unfinished run in it is continued.")],
    workers: Workers = None,
    seed: Seed = 0,
    arms: Annotated[str | None, Parameter(help="Some of the arms, separated by commas.")] = None,
    engine: EngineName = "compiled",
    dask: Dask = None,
    control: Controls = None,
    set: Changes = None,
) -> None:
    """Run a protocol on a cohort; the same command again goes on where it stopped."""
    chosen = _load(protocol, set, None)
    if arms is not None:
        chosen = chosen.only([a.strip() for a in arms.split(",") if a.strip()])
    chosen = _with_controls(chosen, control)
    done = _run(chosen, subjects, out, workers, seed, engine, dask)
    _say(f"{_subjects(done.manifest.subjects)} of {chosen.name} in {out}; see `resynapse table {out}`.")
    _say(SHORT_DISCLAIMER)


@app.command
def compare(
    run_folder: RunPath,
    /,
    *,
    format: Annotated[Literal["text", "csv", "json"], Parameter(help="How to print.")] = "text",
) -> None:
    """Print every published cell beside the run: means, SDs, difference, 95 % interval, verdict."""
    opened = _open(run_folder)
    if format == "text":
        _print_comparison(opened)
        return
    comparison = opened.compare()
    if format == "csv":
        sys.stdout.write(comparison.frame().write_csv())
        print(SHORT_DISCLAIMER, file=sys.stderr)
        return
    import json
    from dataclasses import asdict

    content = {
        "disclaimer": SHORT_DISCLAIMER,
        "protocol": comparison.protocol,
        "changed": comparison.changed,
        "agrees": comparison.count("agrees"),
        "differs": comparison.count("differs"),
        "expected_by_chance": comparison.expected_by_chance,
        "cells": [asdict(c) for c in comparison.cells],
    }
    print(json.dumps(content, indent=2))


@app.command
def table(
    run_folder: RunPath,
    /,
    *,
    format: Annotated[
        Literal["csv", "markdown"], Parameter(help="Every value as CSV, or means and SDs as Markdown.")
    ] = "csv",
) -> None:
    """Print the results of a run: protocol,variant,subject,arm,condition,outcome,value."""
    opened = _open(run_folder)
    if format == "csv":
        sys.stdout.write(opened.table().write_csv())
        print(SHORT_DISCLAIMER, file=sys.stderr)
        return
    from resynapse.report.tables import article_tables

    for one in article_tables(opened.protocol.name, opened.table()):
        print(one.markdown())
    print(f"_{SHORT_DISCLAIMER}_")


@app.command
def protocols() -> None:
    """List the protocols that ship with resynapse."""
    from resynapse.analysis.published import protocols_with_tables
    from resynapse.protocol import library, load

    published = protocols_with_tables()
    for name in library():
        extra = " [published tables ship]" if name in published else ""
        _say(f"{name}: {load(name).title}{extra}")
    _say(SHORT_DISCLAIMER)


@app.command
def show(
    protocol: Annotated[str, Parameter(help="A library protocol or the path of a YAML file.")],
    /,
    *,
    subjects: Annotated[int, Parameter(converter=_whole, help="Cohort size for the estimated cost.")] = 10,
    control: Controls = None,
    set: Changes = None,
) -> None:
    """Draw a protocol as a tree, with its epochs and what it will cost on this machine."""
    from resynapse.cohort import Cohort
    from resynapse.report.tree import draw
    from resynapse.runs.cost import Estimate

    chosen = _load(protocol, set, control)
    size = Cohort(size=subjects).size
    estimate = Estimate.rehearse(chosen)
    console = _console()
    console.print(draw(chosen), markup=False)
    _say(f"\n{estimate.sentence(size)}\n{SHORT_DISCLAIMER}")


@app.command
def controls() -> None:
    """List the controls that `--control` adds to a protocol, and what each isolates."""
    from resynapse.protocol.controls import CONTROLS

    for control in CONTROLS.values():
        _say(f"{control.name}: {control.isolates}")
    _say(SHORT_DISCLAIMER)


@app.command
def schema() -> None:
    """Print the JSON Schema of protocol files, for editors that complete and check them."""
    import json

    from resynapse.protocol import json_schema

    print(json.dumps(json_schema(), indent=2))
    print(SHORT_DISCLAIMER, file=sys.stderr)


@app.command
def validate(file: Annotated[str, Parameter(help="A protocol file.")], /) -> None:
    """Check a protocol file without running it; exit code 2 and one line if it cannot be run."""
    from resynapse.protocol import load
    from resynapse.protocol.paths import epochs
    from resynapse.randomness import TILE

    chosen = load(file)
    large = chosen.batch_size > TILE
    limited = f" (batches of {chosen.batch_size}: for --engine reference only)" if large else ""
    _say(
        f"{file}: valid protocol {chosen.name}{limited}; arms {', '.join(chosen.routes)}; "
        f"{epochs(chosen.routes)} training epochs a subject. {SHORT_DISCLAIMER}"
    )


@app.command
def citations(protocol: Annotated[str, Parameter(help="A library protocol or the path of a YAML file.")], /) -> None:
    """Print what to cite for a protocol: the article, the methods it uses, and resynapse."""
    from resynapse.protocol import load
    from resynapse.report.citations import citations as cited

    for line in cited(load(protocol)):
        _say(line)
    _say(SHORT_DISCLAIMER)


def main(words: Sequence[str] | None = None) -> None:
    """Entry point: bad input is one line on standard error and exit code 2."""
    try:
        app(words, exit_on_error=False, print_error=False)
    except RunInterruptedError as error:
        _complain(f"{error}; to go on, run the same command again", INTERRUPTED)
    except ClusterLostError as error:
        _complain(f"{error}; to go on, run the same command again", FAILED)
    except KeyboardInterrupt:
        _complain("stopped; finished subjects are kept, to go on, run the same command again", INTERRUPTED)
    except SubjectError as error:
        _complain(f"{error}; the same command again tries only these", FAILED)
    except (ResynapseError, CycloptsError) as error:
        _complain(str(error), BAD_INPUT)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            return
        _complain(f"{error.filename or 'input or output'}: {error.strerror or error}", BAD_INPUT)
    except MemoryError:
        _complain("out of memory; use fewer --workers or a smaller network", FAILED)


def _load(name: str, changes: Sequence[str] | None, controls: Sequence[str] | None) -> Protocol:
    from resynapse.protocol import amended, load

    protocol = load(name)
    for change in changes or []:
        protocol = amended(protocol, change)
    return _with_controls(protocol, controls)


def _with_controls(protocol: Protocol, controls: Sequence[str] | None) -> Protocol:
    from resynapse.protocol import controlled

    for name in controls or []:
        protocol = controlled(protocol, name)
    return protocol


def _run(
    protocol: Protocol, subjects: int, out: Path, workers: int | None, seed: int, engine: str, dask: str | None
) -> Run:
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
        )


def _open(path: Path) -> Run:
    from resynapse.api import Run

    opened = Run(path)
    missing = opened.folder.unfinished()
    if missing:
        print(
            f"resynapse: {path}: still to come: {missing} of {_subjects(opened.manifest.subjects)}",
            file=sys.stderr,
        )
    return opened


def _print_article_tables(done: Run) -> None:
    from resynapse.report.tables import article_tables

    for one in article_tables(done.protocol.name, done.table()):
        _grid(one)


def _print_comparison(done: Run) -> None:
    from resynapse.report.tables import comparison_summary, comparison_tables

    comparison = done.compare()
    for one in comparison_tables(comparison):
        _grid(one)
    _say(f"{comparison_summary(comparison)}\n{SHORT_DISCLAIMER}")


def _grid(table: TextTable) -> None:
    """Print a table; where the terminal is too narrow for its columns, row after row with named values."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    console = _console()
    grid = Table(title=Text(table.title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for index, name in enumerate(table.header):
        grid.add_column(Text(name), justify="left" if index == 0 else "right")
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    if console.measure(grid, options=console.options.update(max_width=1000)).maximum <= console.width:
        console.print(grid)
        return
    console.print(Text(table.title, style="italic"))
    for first, *rest in table.rows:
        named = [f"{name} {cell}" for name, cell in zip(table.header[1:], rest, strict=True) if cell]
        console.print(Text("  ".join([first, *named])))
    console.print()


def _console() -> Console:
    """Standard output, as wide as the terminal; in a pipe every table is a grid."""
    from rich.console import Console

    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=1000)


def _subjects(count: int) -> str:
    return "1 subject" if count == 1 else f"{count} subjects"


def _say(text: str) -> None:
    """Print prose: wrapped at words on a terminal, as it is in a pipe."""
    if sys.stdout.isatty():
        from rich.text import Text

        _console().print(Text(text))
    else:
        print(text)


def _complain(text: str, code: int) -> None:
    line = " ".join(text.split())
    print(f"resynapse: {line}", file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
