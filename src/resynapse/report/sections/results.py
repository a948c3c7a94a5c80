"""The results, each group with its sentence, its figure and its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from resynapse.analysis.cells import Cell
from resynapse.analysis.numbers import interval_text, number, p_value
from resynapse.analysis.parts.contrasts import Contrast
from resynapse.analysis.parts.relapse import Relapse, Share
from resynapse.report import words
from resynapse.report.figures.pairs import differences, reference_at
from resynapse.report.page.section import Picture, Section
from resynapse.report.page.tables import TextTable, titled
from resynapse.report.run_data import RunData
from resynapse.report.sections.findings import FEW
from resynapse.report.sections.statistics import tables_by_part

TABLES = (
    "A click on a column sorts by it; CSV saves a table with the numbers as shown. `resynapse export` writes every "
    "number in full. Square brackets hold 95 % intervals."
)
Pictures = Mapping[str, Picture]


ELSEWHERE = ("equivalence", "clinical")
"""Parts with a section of their own."""


def results(run_data: RunData, pictures: Pictures) -> Section:
    """Arms beside each other, resilience, courses, relapse, the probe, connections, and every number."""
    every = {
        part: tuple(titled(table, words.titles(run_data.protocol)) for table in tables)
        for part, tables in tables_by_part(run_data.analysis).items()
        if part not in ELSEWHERE
    }

    def tables(*parts: str) -> tuple[TextTable, ...]:
        return tuple(table for part in parts for table in every.pop(part, ()))

    return Section(
        title="Results",
        points=run_data.analysis.remarks,
        parts=(
            Section(
                title="The same subjects in every arm",
                sentences=tuple(orders(run_data)),
                pictures=_of(pictures, "pairs"),
                tables=(leading_table(run_data), *tables("contrasts", "orders")),
            ),
            Section(
                title="Resilience to noise",
                sentences=("Accuracy as the noise grows. An arm whose line stays high is more resilient.",)
                if "resilience" in pictures
                else (),
                pictures=_of(pictures, "resilience"),
            ),
            Section(
                title="Along durations, cycles and doses",
                sentences=("Each panel follows one outcome along the counts of a condition.",)
                if "trajectories" in pictures
                else (),
                pictures=_of(pictures, "trajectories"),
                tables=tables("dose"),
            ),
            Section(
                title="Relapse",
                sentences=tuple(_relapse(run_data)),
                pictures=_of(pictures, "survival"),
                tables=tables("relapse", "survival", "untimed", "survival_contrasts"),
            ),
            Section(title="Manic probe and activation", pictures=_of(pictures, "probe")),
            Section(title="Connections before and after", pictures=_of(pictures, "connections")),
            Section(title="Traits of the subjects", tables=tables("traits")),
            Section(
                title="Every number",
                sentences=(TABLES,),
                tables=tables(*every),
            ),
        ),
    )


def _of(pictures: Pictures, name: str) -> tuple[Picture, ...]:
    return (pictures[name],) if name in pictures else ()


def orders(run_data: RunData) -> Iterator[str]:
    """In how many subjects the arms have one order, for each leading outcome."""
    for condition, outcome in run_data.leading[:FEW]:
        found = next(o for o in run_data.analysis.orders if (o.condition, o.outcome) == (condition, outcome))
        first = found.orders[0]
        named = " > ".join(" = ".join(run_data.arm_title(arm) for arm in group) for group in first.ranking)
        yield (
            f"{run_data.title(condition, outcome)}: the order {named} was the most frequent, in {first.subjects} of "
            f"{found.n} (by chance {found.chance:.1f} %)."
        )


def leading_table(run_data: RunData) -> TextTable:
    """Means of the leading outcomes, and each arm's difference from the reference, paired by subject."""
    against = differences(run_data)
    rows = []
    for condition, outcome in run_data.leading[:FEW]:
        for arm in run_data.arms:
            cell = run_data.described.get(Cell(arm, condition, outcome))
            if cell is not None:
                mean = f"{number(cell.mean)}{run_data.unit(outcome)} {interval_text(cell.interval)}"
                made = _contrast(against.get((arm, condition, outcome)))
                rows.append((run_data.title(condition, outcome), run_data.arm_title(arm), mean, *made))
    found = {reference_at(run_data, *key) for key in run_data.leading[:FEW]}
    reference = run_data.arm_title(found.pop()) if len(found) == 1 else "the first arm"
    header = ("outcome", "arm", "mean [95 %]", f"minus {reference} [95 %]", "p", "p (Holm)")
    return TextTable(f"Leading outcomes, and differences from {reference} within the subjects", header, tuple(rows))


def _contrast(found: Contrast | None) -> tuple[str, str, str]:
    if found is None:
        return "", "", ""
    difference = f"{number(found.difference, signed=True)} {interval_text(found.interval)}"
    return difference, p_value(found.p), p_value(found.p_holm)


def _relapse(run_data: RunData) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Relapse]] = {}
    for one in run_data.analysis.relapse:
        groups.setdefault((one.outcome, one.within), []).append(one)
    for (outcome, within), arms in groups.items():
        of = words.outcome_title(run_data.protocol, arms[0].of)
        rule = f"{words.cell_title(run_data.protocol, within, outcome)} ({of} below {arms[0].threshold:g})"
        yield f"{rule}, mean share of tests: of all {_listed(run_data, arms, [one.of_all for one in arms])}."
        for where in dict.fromkeys(baseline(run_data, one) for one in arms if one.of_remitted is not None):
            there = [one for one in arms if baseline(run_data, one) == where and one.of_remitted is not None]
            shares = [one.of_remitted for one in there if one.of_remitted is not None]
            yield f"Of those that had remitted {where}: {_listed(run_data, there, shares)}."


def _listed(run_data: RunData, arms: Sequence[Relapse], shares: Sequence[Share]) -> str:
    return ", ".join(f"{run_data.arm_title(one.arm)} {_share(share)}" for one, share in zip(arms, shares, strict=True))


def baseline(run_data: RunData, one: Relapse) -> str:
    """Where remission was read, in words."""
    where = words.condition_title(run_data.protocol, one.remission)
    return f"{where}, the state that is discontinued" if one.discontinued else f"{where}, the first test"


def _share(share: Share) -> str:
    return "no subject" if share.value is None else f"{number(share.value)} % (n = {share.n})"
