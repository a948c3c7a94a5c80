"""Two runs beside each other as one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resynapse.analysis.cells import settings
from resynapse.analysis.numbers import interval_text, number, p_value
from resynapse.analysis.two_runs import Between, between
from resynapse.errors import ResynapseError
from resynapse.protocol import differences
from resynapse.report import words
from resynapse.report.figures.rows import Group, Row, forest
from resynapse.report.figures.stack import stack
from resynapse.report.figures.style import Drawn, at_most, styled
from resynapse.report.page.page import page
from resynapse.report.page.section import Picture, Section
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData
from resynapse.report.sections.limitations import OF_THE_MODEL
from resynapse.report.sections.provenance import provenance

MOST_CHANGES = 40
MOST_ROWS = 80
LOOKS = {"interval without 0": ("#D55E00", "D"), "other": ("#0072B2", "o")}


def versus(first: RunData, second: RunData) -> str:
    """The page of two runs, as HTML that needs nothing else.

    Raises
    ------
    ResynapseError : no cell (arm, condition, outcome) is in both.
    """
    paired = first.manifest.root_seed == second.manifest.root_seed
    shared = set(first.cells.subjects.tolist()) & set(second.cells.subjects.tolist()) if paired else set()
    cells = between(first.table, second.table, paired=bool(shared))
    both = [cell for cell in cells if cell.difference is not None]
    if not both:
        raise ResynapseError(
            f"{first.path} and {second.path}: no cell is in both runs; compare runs that share an arm, a condition and "
            "an outcome"
        )
    sections = (
        Section(title="Summary", points=tuple(_summary(first, second, cells, len(shared)))),
        Section(title="What differs between the protocols", points=_changes(first, second)),
        Section(title="Figures", pictures=tuple(_pictures(both, second))),
        Section(title="Tables", tables=(_table(cells),)),
        Section(title="Limitations", points=OF_THE_MODEL),
        *(
            replace(provenance(one), title=f"Provenance of the {which} run, {one.path.name}")
            for which, one in (("first", first), ("second", second))
        ),
    )
    title = f"{first.path.name} and {second.path.name}: two simulated runs"
    return page(title, f"Protocols {first.protocol.name} and {second.protocol.name}", sections)


def _summary(first: RunData, second: RunData, cells: tuple[Between, ...], shared: int) -> Iterator[str]:
    both = [cell for cell in cells if cell.difference is not None]
    for which, one in (("First", first), ("Second", second)):
        n = len(one.cells.subjects)
        yield (
            f"{which}: {one.path.name}, protocol {one.protocol.name}, {n} subject{'' if n == 1 else 's'}, seed "
            f"{one.manifest.root_seed}, engine {one.manifest.engine}, arms {', '.join(one.arms)}."
        )
    if shared:
        yield f"Seeds are equal and {shared} subjects are in both runs: differences are paired within these subjects."
        same = sum(cell.same for cell in both)
        yield f"{same} of {len(both)} cells in both are the same in every shared subject, to the last bit."
    else:
        yield "Seeds differ or no subject is in both runs: differences are between groups of subjects (Welch)."
    apart = [c for c in both if c.interval and 0.0 not in c.interval]
    yield (
        f"{len(apart)} of {len(both)} differences have a 95 % interval without 0; by chance alone one in twenty would. "
        "No adjustment for their number is made."
    )
    only = [
        sum(c.first_n > 0 and c.second_n == 0 for c in cells),
        sum(c.second_n > 0 and c.first_n == 0 for c in cells),
    ]
    if any(only):
        yield f"{only[0]} cells are only in the first run, {only[1]} only in the second."


def _changes(first: RunData, second: RunData) -> tuple[str, ...]:
    found = differences(first.protocol, second.protocol)
    if len(found) > MOST_CHANGES:
        found[MOST_CHANGES:] = [f"and {len(found) - MOST_CHANGES} differences more"]
    return tuple(found) or ("nothing",)


def _pictures(both: list[Between], second: RunData) -> Iterator[Picture]:
    shown = [cell for cell in both if cell.outcome not in settings(second.protocol) and not cell.same][:MOST_ROWS]
    groups = []
    for unit in dict.fromkeys(second.unit(cell.outcome).strip() for cell in shown):
        member = [cell for cell in shown if second.unit(cell.outcome).strip() == unit]
        member.sort(
            key=lambda cell: [(one.outcome, one.condition) for one in shown].index((cell.outcome, cell.condition))
        )
        axis = f"second minus first ({unit or 'dimensionless'})"
        groups.append(Group(axis=axis, margin=0.0, rows=[row for cell in member for row in _row(cell, second)]))
    if groups:
        with styled(), at_most(1):
            drawn = Drawn(
                figure=forest(groups, LOOKS),
                caption=f"Second minus first run for {len(shown)} cells, with 95 % intervals where there are any. "
                f"Settings, cells that are the same in every subject, and what is beyond the first {MOST_ROWS} rows "
                "are in the table only.",
                alt=f"Forest plot of {len(shown)} differences between two runs.",
            )
            svg = stack(drawn, "differences")
        yield Picture(name="differences", title="Differences between the runs", caption=drawn.caption, svg=svg)


def _row(cell: Between, second: RunData) -> Iterator[Row]:
    if cell.difference is not None:
        kind = "interval without 0" if cell.interval and 0.0 not in cell.interval else "other"
        protocol = second.protocol
        label = words.arm_title(protocol, cell.arm)
        heading = words.cell_title(protocol, cell.condition, cell.outcome)
        low, high = cell.interval.low, cell.interval.high
        yield Row(label=label, heading=heading, difference=cell.difference, low=low, high=high, kind=kind)


def _table(cells: tuple[Between, ...]) -> TextTable:
    rows = tuple(
        (
            c.arm,
            c.condition,
            c.outcome,
            f"{number(c.first_mean)} ({c.first_n})",
            f"{number(c.second_mean)} ({c.second_n})",
            number(c.difference, signed=True),
            interval_text(c.interval),
            p_value(c.p),
        )
        for c in cells
    )
    header = ("arm", "condition", "outcome", "first, mean (n)", "second, mean (n)", "difference", "95 % interval", "p")
    return TextTable("The same cells in both runs, second minus first", header, rows)
