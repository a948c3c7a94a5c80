"""Tables of a run in the article's form, as text or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resynapse.analysis.censoring import ceiling_of
from resynapse.analysis.summaries import summary
from resynapse.protocol import Protocol, parameters
from resynapse.publication.comparison import protocols_with_tables, published
from resynapse.report.page.numbers import number

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class TextTable:
    """A titled grid of strings; the first column names the rows."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table in Markdown."""
        lines = [f"**{self.title}**", "", _line(self.header), _line(["---"] * len(self.header))]
        return "\n".join([*lines, *(_line(r) for r in self.rows)]) + "\n"


def parameter_table(protocol: Protocol) -> TextTable:
    """Every parameter of a protocol with value, unit, default and source."""
    rows = tuple((f"{section}: {name}", *rest) for section, name, *rest in parameters(protocol))
    cite = f", which follows {protocol.cite}" if protocol.cite else ""
    header = ("parameter", "value", "unit", "default", "source")
    return TextTable(f"Parameters of {protocol.name}{cite}", header, rows)


def article_tables(protocol: str, table: pl.DataFrame) -> list[TextTable]:
    """The run's means and SDs, grouped as in the article, or by condition where it has no published table.

    Arms that the article does not have (controls, the untreated arm after withdrawal) stand beside its own.
    """
    cells = {(r["arm"], r["condition"], r["outcome"]): r for r in summary(table).iter_rows(named=True)}
    if protocol in protocols_with_tables():
        named = [
            (r["table"], r["arm"], r["condition"], r["outcome"]) for r in published(protocol).iter_rows(named=True)
        ]
    else:
        named = [(c.split("=")[0], a, c, o) for a, c, o in cells]
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for title, *cell in named:
        key = (cell[0], cell[1], cell[2])
        if key in cells:
            groups.setdefault(title, []).append(key)
    for keys in groups.values():
        lines = {(condition, outcome) for _, condition, outcome in keys}
        keys += [cell for cell in cells if cell[1:] in lines and cell not in keys]
    counts = sorted({int(r["n"]) for r in cells.values()})
    n = f"n = {counts[0]}" if len(counts) == 1 else "n in brackets"
    bounds = _censored(table)
    for key in bounds & set(cells):
        cells[key]["censored"] = True
    return [_pivot(f"{title} (mean ± SD, {n})", keys, cells, len(counts) > 1) for title, keys in groups.items()]


def _censored(table: pl.DataFrame) -> set[tuple[str, str, str]]:
    """Cells in which some value is at the ceiling of its outcome: their means are bounds."""
    ceilings = {name: ceiling for name in table["outcome"].unique() if (ceiling := ceiling_of(name)) is not None}
    found = set()
    for row in table.select("arm", "condition", "outcome", "value").iter_rows() if ceilings else ():
        if row[3] == ceilings.get(row[2]):
            found.add(row[:3])
    return found


def flow_table(flow: pl.DataFrame) -> TextTable:
    """The flow of subjects through selection; `flow` is that of a run."""
    rows = tuple(tuple(map(str, row)) for row in flow.iter_rows())
    return TextTable("Flow of subjects", tuple(flow.columns), rows)


def _pivot(
    title: str,
    keys: list[tuple[str, str, str]],
    cells: dict[tuple[str, str, str], dict[str, object]],
    counted: bool,
) -> TextTable:
    """Arms side by side; outcomes, or the conditions of a single outcome, one below the other."""
    arms = list(dict.fromkeys(a for a, _, _ in keys))
    lines = list(dict.fromkeys((c, o) for _, c, o in keys))
    conditions, outcomes = {c for c, _ in lines}, {o for _, o in lines}
    if len(outcomes) == 1:
        title = f"{title}: {lines[0][1]}"
    rows = [
        (named_line(c, o, len(conditions), len(outcomes)), *(_shown(cells.get((a, c, o)), counted) for a in arms))
        for c, o in lines
    ]
    return TextTable(title, ("", *arms), tuple(rows))


def named_line(condition: str, outcome: str, conditions: int, outcomes: int) -> str:
    """How a row is named in a table of so many conditions and outcomes."""
    if outcomes == 1:
        return condition
    return f"{condition} {outcome}" if conditions > 1 else outcome


def _shown(cell: dict[str, object] | None, counted: bool) -> str:
    if cell is None:
        return ""
    mean, sd = float(str(cell["mean"])), cell["sd"]
    points = str(cell["outcome"]).startswith(("acc_", "enrolled", "manic_", "relapse_", "sparsity"))
    spread = None if sd is None else float(str(sd))
    text = plus_minus(mean, spread, 1 if points else 3)
    if not points and 0 < abs(mean) < 0.1:
        text = number(mean) if spread is None else f"{number(mean)} ± {number(spread)}"
    text = f"≥ {text}" if cell.get("censored") else text
    return f"{text} ({cell['n']})" if counted else text


def plus_minus(mean: float | None, sd: float | None, digits: int) -> str:
    """A mean with its SD, as tables show it; empty without a mean."""
    if mean is None:
        return ""
    return f"{mean:.{digits}f}" if sd is None else f"{mean:.{digits}f} ± {sd:.{digits}f}"


def _line(cells: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
