"""What a run found, each result judged like a claim of an article: it has to survive the controls of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resynapse.analysis.cells import Cell, Cells
from resynapse.analysis.numbers import number
from resynapse.analysis.parts.contrasts import Contrast
from resynapse.analysis.parts.contrasts import turned as swapped
from resynapse.audits.ledger import Entry, ledger
from resynapse.audits.scenarios import missing_from
from resynapse.controls.registry import nuisances
from resynapse.protocol.claim_tests import Difference
from resynapse.protocol.claims import Claim, Reading
from resynapse.report import words
from resynapse.report.page.section import Finding, Tone
from resynapse.report.run_data import RunData

FEW = 4
LEVEL = 0.05
"""Outcomes that are told of on the first screen."""
CHOSEN = (
    "Which arm leads was read from the same data, so a first place may be luck where the difference is small. Every "
    "finding is judged like a claim of an article: it has to survive each control that the run holds."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Arms in the order of an outcome, best first, and the first place at which neighbours are shown to differ.

    Parameters
    ----------
    leading, following : arms before and after that place; nobody follows where no neighbours are shown to differ.
    contrast : of the neighbours at that place, or of the first two; the first minus the second.
    """

    condition: str
    outcome: str
    leading: tuple[str, ...]
    following: tuple[str, ...]
    contrast: Contrast | None


def findings(run_data: RunData) -> list[Finding]:
    """The leading outcomes, one finding each."""
    splits = [split(run_data, *key) for key in run_data.leading[:FEW]]
    claims = {one.outcome: claim for one in splits if (claim := _claim(run_data, one)) is not None}
    cells = Cells.of(run_data.table, run_data.protocol)
    judged = {entry.id: entry for entry in ledger(tuple(claims.values()), cells, run_data.protocol, {})}
    bare = not any(variant.control in nuisances() for variant in run_data.protocol.variants.values())
    return [_finding(run_data, one, judged.get(one.outcome), bare) for one in splits]


def chosen(run_data: RunData) -> str:
    """How the findings came about, and which controls nothing here was tried against."""
    absent = missing_from(run_data.protocol)
    names = f" Not run, so that nothing here survived them: {', '.join(absent)}." if absent else ""
    return f"{CHOSEN}{names}"


def split(run_data: RunData, condition: str, outcome: str) -> Split:
    """The arms of the protocol in their order at one outcome; controls are no competitors."""
    sign = 1 if words.better(run_data.protocol, outcome) == words.DOWN else -1
    own = [arm for arm in run_data.arms if arm in run_data.protocol.arms]
    known = [arm for arm in own if Cell(arm, condition, outcome) in run_data.described]
    order = sorted(known, key=lambda arm: sign * run_data.described[Cell(arm, condition, outcome)].mean)
    found = [_contrast(run_data, *pair, condition, outcome) for pair in pairwise(order)]
    for place, one in enumerate(found, 1):
        if one is not None and one.interval and 0.0 not in one.interval:
            return Split(
                condition=condition,
                outcome=outcome,
                leading=tuple(order[:place]),
                following=tuple(order[place:]),
                contrast=one,
            )
    first = next(iter(found), None)
    return Split(condition=condition, outcome=outcome, leading=tuple(order), following=(), contrast=first)


def _contrast(run_data: RunData, first: str, second: str, condition: str, outcome: str) -> Contrast | None:
    for one in run_data.analysis.contrasts:
        if (one.condition, one.outcome) == (condition, outcome) and {one.arm, one.other} == {first, second}:
            return one if one.arm == first else swapped(one)
    return None


def _claim(run_data: RunData, one: Split) -> Claim | None:
    """The order at the place of the split, as a claim to be judged."""
    if one.contrast is None or not one.following:
        return None
    of, minus = (f"{one.outcome} of {arm} at {one.condition}" for arm in (one.contrast.arm, one.contrast.other))
    down = words.better(run_data.protocol, one.outcome) == words.DOWN
    test = Difference(of=of, minus=minus, below=0.0) if down else Difference(of=of, minus=minus, above=0.0)
    return Claim(id=one.outcome, statement="", readings=(Reading(tests=(test,)),))


def _finding(run_data: RunData, one: Split, entry: Entry | None, bare: bool) -> Finding:
    standing, tone, rests = _standing(one, entry, bare)
    figure, of = "", ""
    if one.contrast is not None:
        unit = "points" if run_data.unit(one.outcome).strip() == "%" else run_data.unit(one.outcome).strip()
        ends = one.contrast.interval
        digits = run_data.decimals(one.outcome)
        difference = round(one.contrast.difference, digits) + 0.0  # no minus before a zero
        figure = f"{difference:+.{digits}f}{f' {unit}' if unit and unit != '1' else ''}"
        if ends.low is not None and ends.high is not None:
            figure += f" ({ends.low:.{digits}f} to {ends.high:.{digits}f})"
        first, second = (run_data.arm_title(arm) for arm in (one.contrast.arm, one.contrast.other))
        of = f"{first} minus {second}, same networks, 95 % interval"
    title, text = run_data.title(one.condition, one.outcome), ranked(run_data, one)
    sentence = f"{text[0].upper()}{text[1:]}."
    return Finding(title=title, sentence=sentence, number=figure, of=of, standing=standing, tone=tone, rests=rests)


NAMED = 4
"""Most arms of one place that a sentence names; the picture and the tables name all."""


def ranked(run_data: RunData, one: Split) -> str:
    """Who leads and who follows, with their means."""
    arms = (*one.leading, *one.following)
    means = {arm: run_data.described[Cell(arm, one.condition, one.outcome)].mean for arm in arms}
    unit, digits = run_data.unit(one.outcome), run_data.decimals(one.outcome)
    if len(set(means.values())) == 1:
        return f"{next(iter(means.values())):.{digits}f}{unit} on average in every arm"

    def told(arms: Sequence[str]) -> str:
        if len(arms) > NAMED:
            ends = list(dict.fromkeys(f"{end(means[arm] for arm in arms):.{digits}f}" for end in (min, max)))
            return f"{len(arms)} arms ({' to '.join(ends)}{unit})"
        return listed([f"{run_data.arm_title(arm)} ({means[arm]:.{digits}f}{unit})" for arm in arms])

    if not one.following:
        return f"{told(one.leading)} are not shown to differ" if len(one.leading) > 1 else told(one.leading)
    best = "did best" if words.better(run_data.protocol, one.outcome) else "was highest"
    if len(one.leading) > 1:
        best = f"{best.replace('was', 'were')}, not shown to differ from each other"
    return f"{told(one.leading)} {best}, then {told(one.following)}"


def _standing(one: Split, entry: Entry | None, bare: bool) -> tuple[str, Tone, str]:
    """Whether it survives, in a few words, and what was tried against it."""
    if one.contrast is None:
        return "One arm", "plain", "There is nothing to compare it with."
    if one.contrast.sd == 0 and one.contrast.difference == 0:
        return "No difference", "plain", "Each subject has the same value in the first two arms."
    if not one.contrast.interval:
        return "No interval", "open", f"{one.contrast.interval.note or one.contrast.note}: nothing is shown."
    if entry is None:
        return (
            "Not shown",
            "open",
            "No two neighbours in this order have a difference whose interval excludes 0.",
        )
    p = one.contrast.p_holm
    if p is not None and p > LEVEL:
        return (
            "Not shown after correction",
            "open",
            (f"The interval excludes 0, but p is {p:.3f} after Holm over all outcomes that were tested."),
        )
    missing = f"Not run: {', '.join(entry.not_run)}." if entry.not_run and not bare else ""
    if entry.cannot_separate:
        return "The test cannot tell", "bad", f"{' '.join(entry.cannot_separate)}. {missing}".strip()
    passed = [c.control for r in entry.readings for c in r.checks if c.control not in entry.breakers]
    tried = [name for name in dict.fromkeys(passed) if name not in entry.undecided_in]
    survives = f"Survives {listed(tried)}. " if tried else ""
    doubtful = f"Not shown either way under {listed(entry.undecided_in)}. " if entry.undecided_in else ""
    if entry.breakers:
        return f"Breaks under {listed(entry.breakers)}", "bad", f"{survives}{doubtful}{missing}".strip()
    if entry.verdict in ("undecided", "not supported"):
        return "Not shown", "open", f"{entry.sentence} {missing}".strip()
    if entry.not_run and not tried:
        return "Shown, but no control was run", "open", missing
    if entry.not_run:
        return "Shown; some controls not run", "open", f"{survives}{doubtful}{missing}"
    if not tried and not doubtful:
        return "Shown", "plain", "No control of the battery changes this protocol."
    if doubtful:
        return "Shown, not in every control", "open", f"{survives}{doubtful}".strip()
    return "Stands in every control", "good", survives.strip()


def remitted(run_data: RunData) -> Iterator[str]:
    """The first kind of relapse, in % of those that had remitted: it is often another than among all."""
    of_all = run_data.analysis.relapse
    for one in of_all:
        share, first = one.of_remitted, (one.outcome, one.within) == (of_all[0].outcome, of_all[0].within)
        if first and share is not None and share.value is not None and one.arm in run_data.protocol.arms:
            yield f"{number(share.value)} % (n = {share.n}) after {run_data.arm_title(one.arm)}"


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
