"""Clinical figures beside a run: directions only, both sides of what is contested, and what no figure was found for.

The rules are built in. Figures that were not verified never appear. Percentages are never compared. A direction of the
model is read within subjects, and counts only if its interval excludes 0. A question to which the run has nothing left
to lose or to compare cannot be answered by it. For findings whose uncertainty is published, the share of draws that
agree with the model is given beside the level of chance, which is that of the model's answer: one bit a question,
however many findings there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells
from resynapse.analysis.intervals import Interval
from resynapse.analysis.parts.orders import Orders
from resynapse.clinical.evidence import RATIOS, Figure, figure, figures
from resynapse.clinical.literature import Finding, Question, Side, Status, Topic, literature
from resynapse.clinical.model_answers import PROBE, ModelAnswer, Reply, read
from resynapse.disclaimer import DISCLAIMER
from resynapse.protocol import Protocol


class Direction(StrEnum):
    """How the model's answer to a question relates to the findings."""

    SAME = "same direction as every finding"
    OPPOSITE = "opposite to every finding"
    CONTESTED = "findings on both sides"
    UNDECIDED = "the model is undecided"
    UNANSWERED = "no answer of the model"
    NO_FIGURE = "no clinical figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingBeside:
    """A finding with its figures and its relation to the model's answer.

    Parameters
    ----------
    figures : the published figures as text, each with its own measure.
    agrees : whether it is on the model's side; None if the model is undecided.
    share_of_draws : share (0 to 1) of draws within the published uncertainty with the model's direction; None if the
        figures cannot be drawn, or the model is undecided.
    not_drawn : why the figures cannot be drawn; empty if they can.
    chance : that share for a direction by luck.
    """

    study: str
    says: Side
    figures: tuple[str, ...]
    citations: tuple[str, ...]
    identifiers: tuple[str, ...]
    populations: tuple[str, ...]
    statement: str
    agrees: bool | None
    share_of_draws: float | None
    not_drawn: str
    chance: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One question and one arm.

    Parameters
    ----------
    model : None where the run cannot answer, for the reason in `note`.
    direction : how the model's answer relates to the findings.
    agreement : the same as a sentence, with the studies.
    can_be_asked : False where a state that the question is about is at the floor of its test.
    share_of_draws : of draws in which every finding that can be drawn has the model's direction.
    chance : the same share for an answer by the toss of a coin: half of the draws in which these findings agree among
        themselves.
    p : share of the two answers, yes and no, that at least as many draws have (the model's answer permuted): 0.5 or 1.
    """

    question: str
    asks: str
    model_reads: str
    arm: str
    status: Status
    model: ModelAnswer | None
    findings: tuple[FindingBeside, ...]
    direction: Direction
    agreement: str
    share_of_draws: float | None
    chance: float | None
    p: float | None
    remarks: tuple[str, ...]
    note: str = ""
    can_be_asked: bool = True

    @property
    def drawn(self) -> str:
        """Which findings can be drawn, which cannot, and whether those that can are all on one side; or nothing."""
        if not self.findings:
            return ""
        entered = [f for f in self.findings if not f.not_drawn]
        if not entered:
            return "no finding can be drawn"
        text = f"can be drawn: {', '.join(f.study for f in entered)}"
        left = [f.study for f in self.findings if f.not_drawn]
        if left:
            text += f"; cannot: {', '.join(left)}"
        sides = {f.says for f in entered}
        if len(sides) == 1 and len({f.says for f in self.findings}) == 2:
            text += f"; those that can all say {next(iter(sides))}, so the share speaks of that side alone"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """All clinical evidence that may be shown beside a run, and the statements that must accompany it.

    Parameters
    ----------
    switch_order : the model's own orders of the arms under the manic probe, for which there is no clinical counterpart.
    absent : questions without any clinical figure.
    not_compared : evidence without a counterpart in a run.
    limits : limitations of every comparison.
    left_out : unverified figures that are not shown.
    topics : disputes of the literature on which no run has evidence.
    omitted : studies on a side of a question that are not shown, and why.
    roles : whether any figure was used for tuning.
    """

    entries: tuple[Beside, ...]
    switch_order: tuple[Orders, ...]
    absent: tuple[str, ...]
    not_compared: tuple[str, ...]
    limits: tuple[str, ...]
    left_out: tuple[str, ...]
    topics: tuple[Topic, ...]
    omitted: tuple[str, ...]
    roles: str
    statement: str
    disclaimer: str = DISCLAIMER

    def frame(self) -> pl.DataFrame:
        """One row a question, arm and finding; one with empty columns where no figure was found.

        The columns `statement` and `disclaimer` must accompany every row.
        """
        rows = []
        for e in self.entries:
            columns = {"question": e.asks, "arm": e.arm, "status": e.status, "agreement": e.agreement}
            columns |= {"model": e.model.answer if e.model else "no answer", "draws": e.drawn}
            columns |= {"statement": self.statement, "disclaimer": self.disclaimer}
            for f in e.findings or (None,):
                rows.append({**columns, **({} if f is None else _row(f))})
        schema = dict.fromkeys(
            ("question", "arm", "status", "agreement", "model", "study", "says", "figures"), pl.String
        )
        more = {"agrees": pl.Boolean, "share_of_draws": pl.Float64, "chance": pl.Float64}
        last = dict.fromkeys(("not_drawn", "draws", "source", "statement", "disclaimer"), pl.String)
        return pl.DataFrame(rows, schema={**schema, **more, **last})


def _row(f: FindingBeside) -> dict[str, object]:
    return {
        "study": f.study,
        "says": f.says,
        "figures": "; ".join(f.figures),
        "agrees": f.agrees,
        "share_of_draws": f.share_of_draws,
        "chance": f.chance,
        "not_drawn": f.not_drawn,
        "source": "; ".join(f.identifiers),
    }


def side_by_side(cells: Cells, protocol: Protocol, orders: tuple[Orders, ...]) -> SideBySide | None:
    """The clinical figures beside a run with these rank orders; None if no arm names a class of treatment."""
    read_here = literature()
    arms = [arm for arm in read_here.arms if arm in cells.arms]
    if not arms:
        return None
    entries = tuple(_beside(question, arm, cells, protocol) for question in read_here.questions for arm in arms)
    roles = {one.role for one in figures()}
    tuned = "no figure was used for tuning: all are held out" if roles == {"held out"} else "some figures were tuned to"
    switch = tuple(o for o in orders if o.outcome == PROBE)
    left_out = tuple(f"{one.id}: {one.citation}" for one in figures() if not one.verified)
    return SideBySide(
        entries=entries,
        switch_order=switch,
        absent=read_here.absent,
        not_compared=read_here.not_compared,
        limits=read_here.limits,
        left_out=left_out,
        topics=read_here.topics,
        omitted=read_here.omitted,
        roles=tuned,
        statement=read_here.statement,
    )


def joint_agreement(yes: NDArray[np.bool_], answer: bool) -> tuple[float, float, float]:
    """How often all drawn findings answer like the model, how often like a coin, and a permutation p.

    The model's answer is one bit, so one bit is tossed and permuted: findings that agree among themselves are no more
    evidence for agreement with the model than one of them. A coin agrees with `k` of them in half of all draws in which
    they agree, never in ``1 / 2**k``.

    Parameters
    ----------
    yes : which draws answer yes; shape (findings, draws).
    answer : the model's.

    Returns
    -------
    share of draws in which every finding has the answer; mean of that share over both answers; share of the two answers
    that at least as many draws have.
    """
    shares = {answer: float(np.mean((yes == answer).all(axis=0))) for answer in (True, False)}
    observed = shares[answer]
    return observed, sum(shares.values()) / 2, float(np.mean([share >= observed for share in shares.values()]))


def _beside(question: Question, arm: str, cells: Cells, protocol: Protocol) -> Beside:
    reply = read(question.key, arm, cells, protocol)
    model = reply.model
    found = [one for one in question.findings if arm in one.arms and all(f.verified for f in _figures(one))]
    beside = tuple(_finding(one, model) for one in found)
    share, chance, p = _jointly(found, model)
    direction = _direction(model, beside)
    return Beside(
        question=question.key,
        asks=question.asks,
        model_reads=question.model_reads,
        arm=arm,
        status=question.status if found else "absent",
        model=model,
        findings=beside,
        direction=direction,
        agreement=_agreement(direction, reply, beside),
        share_of_draws=share,
        chance=chance,
        p=p,
        remarks=question.remarks,
        note=reply.note,
        can_be_asked=reply.can_be_asked,
    )


def _figures(finding: Finding) -> tuple[Figure, ...]:
    return tuple(figure(i) for i in (finding.first, finding.second) if i)


def _finding(finding: Finding, model: ModelAnswer | None) -> FindingBeside:
    named = _figures(finding)
    decided = model is not None and model.answer != "undecided"
    share = None
    yes = _drawn_yes(finding)
    if decided and model is not None and yes is not None:
        share = float(np.mean(yes if model.answer == "yes" else ~yes))
    return FindingBeside(
        study=finding.study,
        says=finding.says,
        figures=tuple(f.shown for f in named),
        citations=tuple(dict.fromkeys(f.citation for f in named)),
        identifiers=tuple(dict.fromkeys(f.doi_or_pmid for f in named if f.doi_or_pmid)),
        populations=tuple(dict.fromkeys(f.population for f in named)),
        statement=finding.statement,
        agrees=model.answer == finding.says if decided and model is not None else None,
        share_of_draws=share,
        not_drawn=_not_drawn(finding),
    )


def _drawn_yes(finding: Finding) -> NDArray[np.bool_] | None:
    """Which draws answer yes; None where the figures cannot be drawn or do not answer by their order."""
    if _not_drawn(finding):
        return None
    first, *second = (f.draws() for f in _figures(finding))
    if first is None:
        return None
    if second:
        return None if second[0] is None else np.asarray(first > second[0])
    return np.asarray(first < 1 if finding.inverse else first > 1)


def _not_drawn(finding: Finding) -> str:
    """Why a finding cannot be drawn; empty if it can."""
    if _by_words(finding):
        return "its side rests on the authors' statement, not on an order of figures"
    named = _figures(finding)
    if any(f.draws() is None for f in named):
        return "neither an interval nor the size of an arm was published"
    if len(named) == 1 and named[0].measure not in RATIOS:
        return "one proportion alone has no direction"
    return ""


def _by_words(finding: Finding) -> bool:
    """Whether a finding's side rests on what its authors wrote, not on the order of its figures."""
    return finding.by_words or (finding.says == "no" and not finding.second)


def _jointly(found: list[Finding], model: ModelAnswer | None) -> tuple[float, float, float] | tuple[None, None, None]:
    drawn = [yes for yes in map(_drawn_yes, found) if yes is not None]
    if model is None or model.answer == "undecided" or not drawn:
        return None, None, None
    return joint_agreement(np.stack(drawn), model.answer == "yes")


def _direction(model: ModelAnswer | None, findings: tuple[FindingBeside, ...]) -> Direction:
    if not findings:
        return Direction.NO_FIGURE
    if model is None:
        return Direction.UNANSWERED
    if model.answer == "undecided":
        return Direction.UNDECIDED
    agree = {finding.agrees for finding in findings}
    return Direction.CONTESTED if len(agree) == 2 else Direction.SAME if True in agree else Direction.OPPOSITE


def _agreement(direction: Direction, reply: Reply, findings: tuple[FindingBeside, ...]) -> str:
    same = ", ".join(f.study for f in findings if f.agrees)
    opposite = ", ".join(f.study for f in findings if not f.agrees)
    match direction:
        case Direction.NO_FIGURE:
            return "no clinical figure was found for this class: neither supported nor refuted"
        case Direction.UNANSWERED:
            return "this run gives no answer" if reply.can_be_asked else reply.note
        case Direction.UNDECIDED:
            interval = reply.model.interval if reply.model else Interval()
            why = "its interval includes 0" if interval else f"no interval ({interval.note})"
            return f"undecided in this run: {why}"
        case Direction.CONTESTED:
            return f"contested: same direction as {same}; opposite to {opposite}"
        case Direction.SAME:
            return f"consistent in direction with {same}"
        case Direction.OPPOSITE:
            return f"INCONSISTENT in direction with {opposite}"
