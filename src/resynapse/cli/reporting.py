"""Commands that write figures, reports and exports of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.console import say
from resynapse.cli.options import RunPath, open_run
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.beside import drawing_beside

if TYPE_CHECKING:
    from resynapse.report.run_data import RunData

FigureFormat = Literal["svg", "pdf", "png"]


@app.command
def figure(
    run_folder: RunPath,
    name: Annotated[str | None, Parameter(help="Which figure; without it, those of the run are listed.")] = None,
    /,
    *,
    all: Annotated[bool, Parameter(help="Every figure of the run, each with its numbers as CSV.", negative="")] = False,
    format: Annotated[FigureFormat | None, Parameter(help="By default that of --out, or svg.")] = None,
    out: Annotated[
        Path | None,
        Parameter(help="File, or folder with --all; by default RUN_FOLDER/figures/NAME.FORMAT."),
    ] = None,
) -> None:
    """Draw one figure of a run or all of them, or list those that apply and why the others do not."""
    from resynapse.report.figures import FIGURES, draw
    from resynapse.report.figures.style import render

    if all and name is not None:
        raise ResynapseError(f"--all draws every figure, and {name} is named; leave one of them out")
    if name is None and not all and (format or out):
        raise ResynapseError(f"no figure is named; give --all, or one of {', '.join(FIGURES)} after the run folder")
    run_data = _run_data(run_folder)
    if all:
        from resynapse.report.figures.every import every_figure

        for line, _ in every_figure(run_data, out or run_folder / "figures", format or "svg"):
            say(line)
        say(SHORT_DISCLAIMER)
        return
    if name is None:
        for kind in FIGURES.values():
            reason = kind.lacks(run_data)
            say(f"{kind.name}: {kind.title}" if not reason else f"{kind.name}: not of this run: {reason}")
        say(SHORT_DISCLAIMER)
        return
    chosen = _format(format, out)
    content = render(draw(run_data, name), chosen)
    path = out or run_folder / "figures" / f"{name}.{chosen}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    say(f"{path}. {SHORT_DISCLAIMER}")


@app.command
def report(
    run_folder: RunPath,
    other: Annotated[Path | None, Parameter(help="Another run, to set beside the first.")] = None,
    /,
    *,
    out: Annotated[
        Path | None, Parameter(help="File; by default report.html, or against-OTHER.html, in RUN_FOLDER.")
    ] = None,
) -> None:
    """Write a run, or two runs beside each other, as one HTML page that needs nothing else."""
    if other is None:
        with drawing_beside(run_folder) as beside:
            from resynapse.report.report import report as made

            html, path = made(_run_data(run_folder), beside=beside), out or run_folder / "report.html"
    else:
        from resynapse.report.sections.two_runs import versus

        html = versus(_run_data(run_folder), _run_data(other))
        path = out or run_folder / f"against-{other.resolve().name}.html"
    path.write_text(html, "utf-8")
    say(f"{path}: {len(html.encode()) / 1e6:.1f} MB; open it in a browser. {SHORT_DISCLAIMER}")


@app.command
def export(
    run_folder: RunPath,
    /,
    *,
    out: Annotated[Path, Parameter(help="The folder for the files.")],
    crate: Annotated[
        bool, Parameter(help="A Process Run Crate too: protocol, manifest and RO-Crate 1.1 metadata.", negative="")
    ] = False,
    notebook: Annotated[
        bool, Parameter(help="A notebook too, which runs the protocol again to the same numbers.", negative="")
    ] = False,
    figures: Annotated[bool, Parameter(help="Every figure too, with its numbers as CSV.", negative="")] = False,
) -> None:
    """Write a run as tidy CSV files and LaTeX tables, and where wanted as a crate, notebook and figures."""
    written = open_run(run_folder).export(out, crate=crate, notebook=notebook, figures=figures)
    say(f"{len(written)} files in {out}; README.txt names them. {SHORT_DISCLAIMER}")


def _run_data(path: Path) -> RunData:
    from resynapse.report.run_data import RunData

    return RunData.of(open_run(path).folder)


def _format(named: FigureFormat | None, out: Path | None) -> FigureFormat:
    """The format that was named, or that of the file, or SVG."""
    from resynapse.report.figures.style import FORMATS, format_of

    if named is None:
        return "svg" if out is None else format_of(out)
    suffix = "" if out is None else out.suffix.lower().removeprefix(".")
    if suffix in FORMATS and suffix != named:
        raise ResynapseError(f"--out {out} and --format {named} disagree; leave one of them out")
    return named
