"""The summary of a run in plain words, with the numbers that carry it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resynapse.analysis.cells import Cell
from resynapse.analysis.numbers import interval_text, p_value
from resynapse.analysis.parts.contrasts import Contrast, turned
from resynapse.analysis.parts.relapse import Relapse, Share
from resynapse.clinical.side_by_side import Direction
from resynapse.report.page.numbers import number
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData
from resynapse.report.sections.agreement import agreement_words

FEW = 4
"""Outcomes that the summary tells of."""
REFERENCE = "untreated"


def summary(run_data: RunData) -> Section:
    """Who was tested, what came out, how far it can be trusted; and the leading outcomes as a table."""
    leading = run_data.leading[:FEW]
    points = (
        _cohort(run_data),
        *(_outcome(run_data, *key) for key in leading),
        *_relapse(run_data),
        *_publication(run_data),
        *_clinical(run_data),
        *run_data.analysis.remarks,
    )
    return Section(title="Summary", points=points, tables=(_leading(run_data, leading),))


def _cohort(run_data: RunData) -> str:
    n, arms = len(run_data.cells.subjects), run_data.arms
    subjects = "One simulated network" if n == 1 else f"{n} simulated networks"
    through = f"through each of {len(arms)} arms ({', '.join(arms)})" if len(arms) > 1 else f"through arm {arms[0]}"
    own = "; arms branch from the identical state, so each network is compared with itself" if len(arms) > 1 else ""
    return f"{subjects} went {through} of protocol {run_data.protocol.name}{own}."


def _outcome(run_data: RunData, condition: str, outcome: str) -> str:
    """The highest and the lowest mean, and in how many subjects the arms stand in one order."""
    unit = run_data.unit(outcome)
    known = [(arm, run_data.described.get(Cell(arm, condition, outcome))) for arm in run_data.arms]
    found = sorted(((arm, d) for arm, d in known if d is not None), key=lambda item: -item[1].mean)
    highest, lowest = found[0][1].mean, found[-1][1].mean
    if highest == lowest:
        return f"{outcome} at {condition}: {number(highest)}{unit} on average in every arm."
    top, bottom = (" and ".join(arm for arm, d in found if d.mean == end) for end in (highest, lowest))
    orders = next(o for o in run_data.analysis.orders if (o.condition, o.outcome) == (condition, outcome))
    first = orders.orders[0]
    held = f"The order {first} was the most frequent: in {first.subjects} of {orders.n}"
    return (
        f"{outcome} at {condition} was highest in {top}, {number(highest)}{unit} on average, lowest in {bottom}, "
        f"{number(lowest)}{unit}. {held} (by chance {orders.chance:.1f} %)."
    )


def _leading(run_data: RunData, leading: Sequence[tuple[str, str]]) -> TextTable:
    """Means of the leading outcomes, and each arm's difference from the reference, paired by subject."""
    reference = REFERENCE if REFERENCE in run_data.arms else run_data.arms[0]
    against = {}
    for one in run_data.analysis.contrasts:
        found = one if one.other == reference else turned(one)
        if found.other == reference:
            against[found.arm, found.condition, found.outcome] = found
    rows = []
    for condition, outcome in leading:
        for arm in run_data.arms:
            cell = run_data.described.get(Cell(arm, condition, outcome))
            if cell is not None:
                mean = f"{number(cell.mean)}{run_data.unit(outcome)} {interval_text(cell.interval)}"
                rows.append((f"{outcome}, {condition}", arm, mean, *_contrast(against.get((arm, condition, outcome)))))
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
        rule = f"{outcome} ({arms[0].of} below {arms[0].threshold:g}) along {within}"
        of_all = ", ".join(f"{one.arm} {_share(one.of_all)}" for one in arms)
        text = f"{rule}, mean share of tests: of all {of_all}."
        for where in dict.fromkeys(baseline(one) for one in arms if one.of_remitted is not None):
            there = [(one.arm, one.of_remitted) for one in arms if baseline(one) == where]
            said = ", ".join(f"{arm} {_share(share)}" for arm, share in there if share is not None)
            text += f" Of those that had remitted at {where}: {said}."
        yield text


def baseline(one: Relapse) -> str:
    """Where remission was read, in words."""
    return (
        f"{one.remission}, the state that is discontinued" if one.discontinued else f"{one.remission}, the first test"
    )


def _share(share: Share) -> str:
    return "nobody" if share.value is None else f"{number(share.value)} % (n = {share.n})"


def _publication(run_data: RunData) -> Iterator[str]:
    if run_data.agreement is not None:
        yield f"Against the publication: {' '.join(agreement_words(run_data.agreement))}"


def _clinical(run_data: RunData) -> Iterator[str]:
    side = run_data.analysis.clinical
    if side is None:
        return
    answered = [e for e in side.entries if e.model is not None and e.model.answer != "undecided"]
    directions = [e.direction for e in answered]
    of = (Direction.SAME, Direction.OPPOSITE, Direction.CONTESTED, Direction.NO_FIGURE)
    same, opposite, contested, nothing = (directions.count(one) for one in of)
    floored = sum(not e.can_be_asked for e in side.entries)
    yield (
        f"Beside clinical findings, directions only: of {len(side.entries)} questions to an arm the run answers "
        f"{len(answered)}, and {floored} cannot be asked of it as a state stands at chance. {same} in the direction "
        f"of every finding, {opposite} opposite to every finding, {contested} where findings disagree with each other, "
        f"{nothing} where no clinical figure was found. Agreement is cheap: a direction has two sides, and the model "
        "gives one answer however many findings it stands beside."
    )
