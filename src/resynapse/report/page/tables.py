"""Tables of a run in the article's form, as text or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resynapse.analysis.censoring import ceiling_of
from resynapse.analysis.numbers import number
from resynapse.analysis.summaries import summary
from resynapse.protocol import Protocol, parameters
from resynapse.protocol.conditions import base
from resynapse.protocol.facts import facts_of
from resynapse.protocol.prose.titles import Titles, named, titles_of
from resynapse.publication.comparison import protocols_with_tables, published

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


def article_tables(protocol: str | Protocol, table: pl.DataFrame) -> list[TextTable]:
    """The run's means and SDs, grouped as in the article, or by condition where it has no published table.

    Arms that the article does not have (controls, the untreated arm after withdrawal) stand beside its own.

    Parameters
    ----------
    protocol : of the run; from its name alone the tables show names, not titles.
    table : the results of the run.
    """
    titles = None if isinstance(protocol, str) else titles_of(protocol)
    protocol = protocol if isinstance(protocol, str) else protocol.name
    cells = {(r["arm"], r["condition"], r["outcome"]): r for r in summary(table).iter_rows(named=True)}
    if protocol in protocols_with_tables():
        named = [
            (r["table"], r["arm"], r["condition"], r["outcome"]) for r in published(protocol).iter_rows(named=True)
        ]
    else:
        named = [(base(c) if titles is None else titles.condition(base(c)), a, c, o) for a, c, o in cells]
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
    return [_pivot(f"{title} (mean ± SD, {n})", keys, cells, len(counts) > 1, titles) for title, keys in groups.items()]


def _censored(table: pl.DataFrame) -> set[tuple[str, str, str]]:
    """Cells in which some value is at the ceiling of its outcome: their means are bounds."""
    ceilings = {name: ceiling for name in table["outcome"].unique() if (ceiling := ceiling_of(name)) is not None}
    found = set()
    for row in table.select("arm", "condition", "outcome", "value").iter_rows() if ceilings else ():
        if row[3] == ceilings.get(row[2]):
            found.add(row[:3])
    return found


def flow_table(flow: pl.DataFrame, protocol: Protocol) -> TextTable:
    """The flow of subjects through selection; `flow` is that of a run."""
    rows = tuple(tuple(map(str, row)) for row in flow.iter_rows())
    return titled(TextTable("Flow of subjects", tuple(flow.columns), rows), titles_of(protocol))


def titled(table: TextTable, titles: Titles) -> TextTable:
    """A table of names with titles before them, in every column of arms, conditions or outcomes."""

    def told(column: str, name: str) -> str:
        if column in ("arm", "other"):
            return titles.column(name)
        if column == "outcome":
            return named(titles.outcome(name), name)
        return named(titles.condition(name), name) if column in ("condition", "point", "along", "at") else name

    return replace(table, rows=tuple(tuple(map(told, table.header, row)) for row in table.rows))


def _pivot(
    title: str,
    keys: list[tuple[str, str, str]],
    cells: dict[tuple[str, str, str], dict[str, object]],
    counted: bool,
    titles: Titles | None,
) -> TextTable:
    """Arms side by side; outcomes, or the conditions of a single outcome, one below the other."""
    arms = list(dict.fromkeys(a for a, _, _ in keys))
    lines = list(dict.fromkeys((c, o) for _, c, o in keys))
    conditions, outcomes = {c for c, _ in lines}, {o for _, o in lines}
    if len(outcomes) == 1:
        title = f"{title}: {lines[0][1] if titles is None else titles.outcome(lines[0][1])}"
    digits = {o: (facts_of(o) if titles is None else titles.of(o)).decimals for o in outcomes}
    rows = [
        (
            named_line(c, o, len(conditions), len(outcomes), titles),
            *(_shown(cells.get((a, c, o)), digits[o], counted) for a in arms),
        )
        for c, o in lines
    ]
    header = arms if titles is None else [titles.column(arm) for arm in arms]
    return TextTable(title, ("", *header), tuple(rows))


def named_line(condition: str, outcome: str, conditions: int, outcomes: int, titles: Titles | None = None) -> str:
    """How a row is named in a table of so many conditions and outcomes: by its title, and the name to type."""
    name = condition if outcomes == 1 else f"{condition} {outcome}" if conditions > 1 else outcome
    if titles is None:
        return name
    title = titles.condition(condition) if outcomes == 1 else titles.outcome(outcome)
    return named(titles.at(condition, outcome) if 1 not in (outcomes, conditions) else title, name)


def _shown(cell: dict[str, object] | None, digits: int, counted: bool) -> str:
    if cell is None:
        return ""
    mean, sd = float(str(cell["mean"])), cell["sd"]
    spread = None if sd is None else float(str(sd))
    text = plus_minus(mean, spread, digits)
    if digits > 1 and 0 < abs(mean) < 0.1:
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
