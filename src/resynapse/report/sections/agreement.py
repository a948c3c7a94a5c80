"""How far a run agrees with the publication: one text and its tables for `replicate`, `compare` and the report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median

from resynapse.analysis.families import SETTINGS
from resynapse.analysis.numbers import number
from resynapse.analysis.separability import reference_sentence
from resynapse.protocol import load
from resynapse.protocol.prose.titles import titles_of
from resynapse.publication.agreement import Agreement, Measured
from resynapse.publication.comparison import Cell
from resynapse.publication.equivalence import ABSOLUTE, POINTS
from resynapse.publication.joint import Joint
from resynapse.publication.spread import Spread
from resynapse.report.page.tables import TextTable, named_line, plus_minus


def agreement_words(found: Agreement) -> tuple[str, ...]:
    """What the comparison says, sentence by sentence: what is shown, what could be shown, and what stands alone."""
    comparison = found.comparison
    settings = [c for c in comparison.cells if c.outcome in SETTINGS]
    differing = sum(c.verdict == "differs" for c in settings)
    said = [
        f"{len(comparison.cells)} published cells. Settings ({len(settings)} cells of sparsity, gain, protection): "
        f"{sum(c.verdict == 'agrees' for c in settings)} agree, {differing} differ.",
        shown_words(found),
        *_power(found),
        _results(found),
        *(_jointly(found.joint) if found.joint is not None else ()),
        *_spread(found),
        *_direction(found),
    ]
    if comparison.changed:
        said.append(
            f"This run is NOT a replication: its protocol differs from the library's {comparison.protocol} in "
            f"{', '.join(comparison.changed)}."
        )
    tests = reference_sentence(found.tests)
    return (*said, tests) if tests else tuple(said)


def shown_words(found: Agreement) -> str:
    """What the measured cells show, in one sentence, and what chance alone would."""
    differ, both = found.count("differs", "differs, within margin"), found.count("differs, within margin")
    equal, constant = found.count("equivalent") + both, found.count("constant")
    parts = [
        f"{equal} are shown to be equivalent within {POINTS:g} points ({ABSOLUTE:g} if dimensionless)",
        f"{differ} {_are(differ)} shown to differ" + (f" ({both} of them within the margin)" if both else ""),
        f"{found.count('neither')} are neither shown to be equivalent nor shown to differ",
    ]
    if constant:
        parts.insert(1, f"{constant} vary on neither side and lie within the margin, which no test has shown")
    if found.count("undecided"):
        parts.append(f"{found.count('undecided')} have no interval (one subject, or no published SD)")
    if found.count("not run"):
        parts.append(f"{found.count('not run')} were not run")
    chance = f"Chance alone would make about {found.comparison.expected_by_chance:.1f} differ."
    return f"Of {len(found.measured)} measured cells {'; '.join(parts)}. {chance}"


def _power(found: Agreement) -> Iterator[str]:
    shifts = found.detectable
    if shifts and found.median_detectable is not None:
        blind = sum(shift > POINTS for shift in shifts)
        yield (
            f"Power: {found.subjects} against {found.published_subjects} subjects show a shift in 80 of 100 "
            f"repetitions if it is {found.median_detectable:.1f} points or more (median of the {len(shifts)} cells in "
            f"% or points that vary, shares of subjects left out); in {blind} of them a shift of {POINTS:g} points is "
            "missed more often than that."
        )


def _results(found: Agreement) -> str:
    flat = sum(m.cell.published_sd == 0.0 for m in found.measured)
    tracks = len({m.standing.of for m in found.measured if m.standing.kind == "trajectory"})
    parts = [
        (found.standing("function"), "follow from others by arithmetic"),
        (found.standing("repeat"), "repeat another"),
        (found.standing("constant"), "more have no published spread"),
        (found.standing("trajectory"), f"are looks along {tracks} trajector{'y' if tracks == 1 else 'ies'}"),
    ]
    why = ", ".join(f"{count} {words}" for count, words in parts if count)
    return (
        f"The {len(found.measured)} cells are at most {found.separate} results of their own"
        f"{': ' + why if why else ''}; {flat} have a published SD of 0. Of these {found.separate}, "
        f"{found.separate_equivalent} are shown to be equivalent (a trajectory if every look is)."
    )


def _jointly(of: Joint) -> Iterator[str]:
    shift = f"{of.shift:g} points in every one of them would make {of.by_shift:.1f} differ"
    excluded = "no common shift" if of.excluded is None else f"a common shift of {of.excluded:.1f} SD or more"
    yield (
        f"Together (whole subjects redrawn, so that cells move as they do): of {of.cells} cells with room for a shift "
        f"{of.differ} differ; by chance {of.by_chance:.1f} would on average, and {of.by_chance_most} or more in one of "
        f"twenty repetitions. A shift of {shift}; {excluded} in every cell is excluded at 5 %. Their mean difference "
        f"is {of.mean:+.1f} points [{of.low:+.1f}, {of.high:+.1f}]."
    )


def _spread(found: Agreement) -> Iterator[str]:
    ratios = found.ratios
    if not ratios:
        return
    wider, narrower = (sum(one.verdict == verdict for one in ratios) for verdict in ("wider", "narrower"))
    holm = sum(one.p_holm is not None and one.p_holm <= 0.05 for one in ratios)
    middle = median(one.ratio for one in ratios if one.ratio is not None)
    chance = ""
    if found.joint is not None:
        chance = (
            f"; by chance {found.joint.ratios_by_chance:.1f} would on average, and "
            f"{found.joint.ratios_by_chance_most} or more in one of twenty repetitions"
        )
    yield (
        f"Spread: of {len(ratios)} ratios of SDs (ours over published) {wider + narrower} exclude 1 ({wider} wider, "
        f"{narrower} narrower; {holm} after Holm){chance}; their median is {middle:.2f}. Cells without spread on one "
        "side have no ratio."
    )


def _direction(found: Agreement) -> Iterator[str]:
    if found.tracks:
        titles = titles_of(load(found.comparison.protocol))
        each = "; ".join(
            f"{titles.outcome(t.outcome)} of {titles.arm(t.arm)}, {t.below} of {t.looks} below, mean {t.mean:+.1f}"
            for t in found.tracks
        )
        yield f"Direction (the looks of one trajectory move together and count once): {each}."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def agreement_tables(found: Agreement) -> list[TextTable]:
    """Every published cell beside ours, table by table, and once more those that differ."""
    groups: dict[str, list[Cell]] = {}
    for cell in found.comparison.cells:
        groups.setdefault(_short(cell.table), []).append(cell)
    more = {id(m.cell): m for m in found.measured}
    tables = [_compared(f"{title}: published and ours", cells, more) for title, cells in groups.items()]
    differing = [c for c in found.comparison.cells if c.verdict == "differs"]
    return [*tables, _compared("Cells that differ", differing, more)] if differing else tables


def spread_table(found: Agreement) -> TextTable:
    """Every ratio of SDs, and why other cells have none."""
    rows = tuple(_spread_row(m.spread) for m in found.measured)
    header = (
        "arm",
        "condition",
        "outcome",
        "published SD",
        "our SD",
        "ratio [95 %]",
        "F alone [95 %]",
        "p",
        "p (Holm)",
        "verdict",
    )
    return TextTable("Spread: SDs of ours over published (n - 1), intervals widened for long tails", header, rows)


def direction_table(found: Agreement) -> TextTable:
    """One row a trajectory."""
    rows = tuple((t.arm, t.outcome, str(t.looks), str(t.below), str(t.above), f"{t.mean:+.2f}") for t in found.tracks)
    header = ("arm", "outcome", "looks", "below the published", "above it", "mean difference")
    return TextTable("Direction of the difference, one row a trajectory", header, rows)


def reference_table(found: Agreement) -> TextTable:
    """Which tests can separate arms, with the score of the intact network."""
    rows = tuple(
        (
            one.condition,
            one.outcome,
            "" if one.healthy is None else f"{one.healthy:.1f}",
            f"{one.lowest:.1f} ({one.lowest_arm})",
            f"{one.highest:.1f} ({one.highest_arm})",
            one.verdict,
        )
        for one in found.tests
    )
    header = ("condition", "outcome", "intact network, %", "lowest arm, %", "highest arm, %", "can it separate arms?")
    return TextTable("The intact network in every test", header, rows)


def _spread_row(one: Spread) -> tuple[str, ...]:
    named = (one.arm, one.condition, one.outcome, number(one.published_sd), number(one.sd))
    if one.ratio is None:
        return (*named, "", "", "", "", one.verdict)
    p, holm = (("< 0.001" if v < 0.001 else f"{v:.3f}") if v is not None else "" for v in (one.p, one.p_holm))
    return (*named, _ratio(one), _bracket(one.f_low, one.f_high), p, holm, one.verdict)


def _compared(title: str, cells: Sequence[Cell], more: dict[int, Measured]) -> TextTable:
    lines = [(c.condition, c.outcome) for c in cells]
    conditions, outcomes = len({c for c, _ in lines}), len({o for _, o in lines})
    if outcomes == 1:
        title = f"{title}, {lines[0][1]}"
    rows = tuple(
        (
            c.arm,
            named_line(c.condition, c.outcome, conditions, outcomes),
            plus_minus(c.published_mean, c.published_sd, _digits(c)),
            plus_minus(c.mean, c.sd, _digits(c)),
            _interval(c),
            _ratio(more[id(c)].spread) if id(c) in more else "",
            more[id(c)].verdict if id(c) in more else c.verdict,
        )
        for c in cells
    )
    header = ("arm", "", "published", "ours", "difference [95 %]", "ratio of SDs [95 %]", "verdict")
    return TextTable(title, header, rows)


def _digits(cell: Cell) -> int:
    return 1 if cell.unit in ("pct", "pp") else 3


def _interval(cell: Cell) -> str:
    if cell.difference is None:
        return ""
    digits = _digits(cell)
    text = f"{cell.difference:+.{digits}f}"
    if cell.low is not None and cell.high is not None:
        text += f" [{cell.low:+.{digits}f}, {cell.high:+.{digits}f}]"
    return text


def _ratio(one: Spread) -> str:
    return "" if one.ratio is None else f"{number(one.ratio)} {_bracket(one.low, one.high)}"


def _bracket(low: float | None, high: float | None) -> str:
    return f"[{number(low)}, {'no bound' if high is None else number(high)}]"


def _short(title: str) -> str:
    return re.sub(r"^printed (?=Table)|^Table .* / printed ", "", title)
