"""A run as files for other programs: tidy CSV, and LaTeX tables in booktabs style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from resynapse.disclaimer import DISCLAIMER, SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.crate import METADATA
from resynapse.report.crate import crate as write_crate
from resynapse.report.figures.every import every_figure
from resynapse.report.page.section import anchor
from resynapse.report.page.tables import TextTable, article_tables
from resynapse.report.rerun_notebook import rerun_notebook
from resynapse.report.run_data import RunData
from resynapse.report.sections.agreement import agreement_tables, spread_table
from resynapse.report.sections.statistics import statistics_tables, tables_by_part

LONG = 40
"""Rows above which a LaTeX table may break over pages."""
_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "±": r"$\pm$",
}  # fmt: skip
_README = {
    "results.csv": "every value: protocol, variant, subject, arm, condition, outcome, value (accuracies in %)",
    "statistics.csv": "every number of the statistics, one row each, in full precision",
    "comparison.csv": "every published cell beside ours: difference, equivalence, ratio of SDs",
    "clinical.csv": "clinical findings beside the model's direction; directions only; read its column statement",
    "tables/": "the tables of the report in LaTeX; they need the packages booktabs and longtable",
    "again.ipynb": "a notebook with the protocol that runs again to the same numbers",
    "figures/": "every figure as SVG, with its numbers as CSV",
    METADATA: "the folder as a Process Run Crate; protocol.yaml and run-manifest.json say what was run",
}


def export(
    run_data: RunData, out: Path, *, crate: bool = False, notebook: bool = False, figures: bool = False
) -> list[Path]:
    """Write every file, and a README.txt that names them and carries the disclaimer.

    Parameters
    ----------
    crate, notebook, figures : what is written beside the tables.

    Raises
    ------
    ResynapseError : `out` is a run folder or no folder, or a notebook is wanted of an unfinished run.
    """
    if out.exists() and not out.is_dir():
        raise ResynapseError(f"{out}: is a file; give a folder with --out")
    if (out / "manifest.json").exists():
        raise ResynapseError(f"{out}: is a run folder; give another folder with --out")
    written = dict((*_csv(run_data), *_latex(run_data)))
    if notebook:
        written["again.ipynb"] = rerun_notebook(run_data)
    wanted = {"tables/": True, "figures/": figures, METADATA: crate}
    named = {name: what for name, what in _README.items() if name in written or wanted.get(name)}
    side = run_data.analysis.clinical
    said = [] if side is None else ["Beside any clinical figure:", side.statement, ""]
    last = "Every CSV file has the disclaimer in its last column, so that it goes where the file goes."
    lines = [
        DISCLAIMER,
        "",
        *said,
        last,
        "",
        f"Protocol {run_data.protocol.name}, run {run_data.manifest.identity}.",
        "",
    ]
    written["README.txt"] = "\n".join([*lines, *(f"{name}: {what}" for name, what in named.items())]) + "\n"
    for name, text in written.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    paths = [out / name for name in written]
    if figures:
        paths += [path for _, made in every_figure(run_data, out / "figures", "svg") for path in made]
    return [*paths, *write_crate(run_data, out, paths)] if crate else paths


def _csv(run_data: RunData) -> Iterator[tuple[str, str]]:
    frames = {"results.csv": run_data.table, "statistics.csv": run_data.analysis.frame()}
    if run_data.agreement is not None:
        frames["comparison.csv"] = run_data.agreement.frame()
    if run_data.analysis.clinical is not None:
        frames["clinical.csv"] = run_data.analysis.clinical.frame().drop("disclaimer")
    for name, frame in frames.items():
        yield name, frame.with_columns(disclaimer=pl.lit(SHORT_DISCLAIMER)).write_csv()


def _latex(run_data: RunData) -> Iterator[tuple[str, str]]:
    tables = article_tables(run_data.protocol, run_data.table)
    tables += statistics_tables(run_data.analysis, without=("clinical",))
    if run_data.agreement is not None:
        tables += [*agreement_tables(run_data.agreement), spread_table(run_data.agreement)]
    for number, table in enumerate(tables, 1):
        name = f"{number:02}-{anchor(table.title)[:50].strip('-')}"
        yield f"tables/{name}.tex", latex(table, name)
    if run_data.analysis.clinical is not None:
        (table,) = tables_by_part(run_data.analysis)["clinical"]
        name = f"{len(tables) + 1:02}-{anchor(table.title)[:50].strip('-')}"
        yield f"tables/{name}.tex", latex(table, name, run_data.analysis.clinical.statement)


def latex(table: TextTable, label: str, statement: str = "") -> str:
    """One table in LaTeX, with the disclaimer in its caption and as a comment.

    Parameters
    ----------
    label : names the table.
    statement : what else must stand in the caption.
    """
    columns = "l" * len(table.header)
    head = f"{_row(table.header)}\n\\midrule"
    body = "\n".join(_row(row) for row in table.rows)
    said = [f"{table.title}.", *([statement] if statement else []), SHORT_DISCLAIMER]
    caption = f"\\caption{{{escaped(' '.join(said))}}}\\label{{tab:{label}}}"
    if len(table.rows) > LONG:
        lines = [f"\\begin{{longtable}}{{{columns}}}", f"{caption}\\\\", "\\toprule", head, "\\endfirsthead",
                 "\\toprule", head, "\\endhead", body, "\\bottomrule", "\\end{longtable}"]  # fmt: skip
    else:
        lines = ["\\begin{table}", "\\centering", caption, f"\\begin{{tabular}}{{{columns}}}", "\\toprule", head, body,
                 "\\bottomrule", "\\end{tabular}", "\\end{table}"]  # fmt: skip
    return f"% {DISCLAIMER}\n" + "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""A text as LaTeX prints it.

    >>> escaped("p_Holm < 5 %")
    'p\\_Holm \\textless{} 5 \\%'
    """
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def _row(cells: tuple[str, ...]) -> str:
    # a bracket at the beginning of a row would be read as the option of \\
    return " & ".join(f"{{{escaped(c)}}}" if c.startswith("[") else escaped(c) for c in cells) + " \\\\"
