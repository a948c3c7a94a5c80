"""The summary of a run in plain words, with the numbers that carry it."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.analysis.cells import Cell
from resynapse.analysis.contrasts import Contrast
from resynapse.analysis.orders import Orders
from resynapse.analysis.relapse import Relapse, Share
from resynapse.report.material import Material
from resynapse.report.statistics import interval, number, p_value
from resynapse.report.tables import comparison_summary

FEW = 3
"""Outcomes that the summary tells of."""
REFERENCE = "untreated"


def summary(material: Material) -> tuple[str, ...]:
    """Sentences: who was tested, what came out, how far it can be trusted."""
    return (
        _cohort(material),
        *(_outcome(material, *key) for key in material.leading[:FEW]),
        *_relapse(material),
        *_publication(material),
        *_clinical(material),
        *material.analysis.remarks,
    )


def _cohort(material: Material) -> str:
    n, arms = len(material.cells.subjects), material.arms
    subjects = "One simulated network" if n == 1 else f"{n} simulated networks"
    through = f"through each of {len(arms)} arms ({', '.join(arms)})" if len(arms) > 1 else f"through arm {arms[0]}"
    own = "; arms branch from the identical state, so each network is compared with itself" if len(arms) > 1 else ""
    return f"{subjects} went {through} of protocol {material.protocol.name}{own}."


def _outcome(material: Material, condition: str, outcome: str) -> str:
    """Means from high to low, how often that order holds, and each arm against the reference."""
    unit = material.unit(outcome)
    known = [(arm, material.described.get(Cell(arm, condition, outcome))) for arm in material.arms]
    found = sorted(((arm, d) for arm, d in known if d is not None), key=lambda item: -item[1].mean)
    means = ", ".join(f"{arm} {number(d.mean)}{unit} {interval(d.interval)}".rstrip() for arm, d in found)
    text = f"{outcome} at {condition}, mean [95 % interval]: {means}."
    orders = next(o for o in material.analysis.orders if (o.condition, o.outcome) == (condition, outcome))
    return " ".join([text, _order(orders), *_contrasts(material, condition, outcome)])


def _order(orders: Orders) -> str:
    first = orders.orders[0]
    return (
        f"The most frequent order, {first}, held in {first.subjects} of {orders.n} (by chance {orders.chance:.1f} %)."
    )


def _contrasts(material: Material, condition: str, outcome: str) -> Iterator[str]:
    reference = REFERENCE if REFERENCE in material.arms else material.arms[0]
    against = [
        c
        for c in material.analysis.contrasts
        if c.other == reference and (c.condition, c.outcome) == (condition, outcome)
    ]
    if against:
        yield f"Paired with {reference}: {'; '.join(_contrast(c) for c in against)}."


def _contrast(found: Contrast) -> str:
    ends = interval(found.interval)
    p = found.p if found.p_holm is None else found.p_holm
    tested = "" if p is None else f", p {p_value(p)}{'' if found.p_holm is None else ' after Holm'}"
    return f"{found.arm} {number(found.difference, signed=True)} {ends}{tested}".replace("  ", " ")


def _relapse(material: Material) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Relapse]] = {}
    for one in material.analysis.relapse:
        groups.setdefault((one.outcome, one.within), []).append(one)
    for (outcome, within), arms in groups.items():
        rule = f"{outcome} ({arms[0].of} below {arms[0].threshold:g}) along {within}"
        of_all = ", ".join(f"{one.arm} {_share(one.of_all)}" for one in arms)
        text = f"{rule}, mean share of tests: of all {of_all}."
        remitted = [(one.arm, one.of_remitted) for one in arms if one.of_remitted is not None]
        if remitted:
            text += f" Of those that had remitted: {', '.join(f'{arm} {_share(s)}' for arm, s in remitted)}."
        yield text


def _share(share: Share) -> str:
    return "nobody" if share.value is None else f"{number(share.value)} % (n = {share.n})"


def _publication(material: Material) -> Iterator[str]:
    if material.comparison is None:
        return
    cells = material.analysis.equivalence
    equal = sum(one.verdict == "equivalent" for one in cells)
    yield (
        f"Against the publication: {comparison_summary(material.comparison)} "
        f"{equal} of {len(cells)} measured cells are shown to be equivalent within their margin."
    )


def _clinical(material: Material) -> Iterator[str]:
    side = material.analysis.clinical
    if side is None:
        return
    answered = [e for e in side.entries if e.model is not None and e.model.answer != "undecided"]
    same = sum(e.agreement.startswith("consistent") for e in answered)
    opposite = sum(e.agreement.startswith("INCONSISTENT") for e in answered)
    contested = sum(e.agreement.startswith("contested") for e in answered)
    nothing = sum(not e.findings for e in answered)
    yield (
        f"Beside clinical findings, directions only: of {len(side.entries)} questions to an arm the run answers "
        f"{len(answered)}; {same} in the direction of every finding, {opposite} opposite to every finding, {contested} "
        f"where findings disagree with each other, {nothing} where no clinical figure was found. Agreement is cheap: a "
        "direction has two sides."
    )
