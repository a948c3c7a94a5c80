"""What the literature disputes and no run can answer, and studies that stand on a side but are not shown."""

from __future__ import annotations

from dataclasses import dataclass

from resynapse.clinical.evidence import figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One side of a topic.

    Parameters
    ----------
    says : in words.
    figures : ids of the verified figures it rests on.
    """

    says: str
    figures: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """Its figures in words, each with what was given against what."""
        found = (figure(i) for i in self.figures)
        return tuple(f"{one.drug}, against {one.comparator}: {one.shown}" for one in found)

    @property
    def citations(self) -> tuple[str, ...]:
        """Their sources."""
        return tuple(dict.fromkeys(figure(i).citation for i in self.figures))


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A dispute beside which no run stands.

    Parameters
    ----------
    asks : the question in dispute.
    positions : its sides, the larger claim first.
    why_not : why a run of the model has no answer.
    missing : what is known of further studies without a figure of their own here.
    """

    asks: str
    positions: tuple[Position, ...]
    why_not: str
    missing: str = ""


TOPICS = (
    Topic(
        asks="Do SSRIs act only after weeks?",
        positions=(
            Position(
                says="no silent delay: about one third of the six-week effect is present at week 1 (Taylor 2006)",
                figures=("on_taylor_ssri",),
            ),
        ),
        why_not="The length of a treatment is set in the protocol and epochs are no weeks. A model with a silent lag "
        "of two to three weeks would contradict this figure.",
        missing="A delay of weeks is the usual teaching; no figure for it is in the evidence.",
    ),
    Topic(
        asks="How large is the effect of ketamine?",
        positions=(
            Position(says="large within a day, one infusion (Newport 2015)", figures=("on_newport_24h",)),
            Position(
                says="small at day 2, intranasal esketamine with a new antidepressant (TRANSFORM)",
                figures=("on_transform_esk", "on_transform_pbo"),
            ),
        ),
        why_not="Nothing in the model is mapped to a response; route, sample and comparator differ between trials.",
        missing="Not shown: 24 h after one infusion against midazolam (Murrough 2013), not verified; a Japanese phase "
        "2b trial of esketamine without a difference and a null trial of repeated ketamine against midazolam, without "
        "a figure in the evidence.",
    ),
    Topic(
        asks="Does zuranolone work?",
        positions=(
            Position(says="yes, in depression (WATERFALL)", figures=("ac_waterfall",)),
            Position(says="yes, after birth (SKYLARK)", figures=("ac_skylark",)),
        ),
        why_not="Nothing in the model is mapped to a rating scale.",
        missing="No: MOUNTAIN (30 mg) missed its endpoint, P = .116, read beside WATERFALL and without a figure of its "
        "own here; the application for major depression got a complete response letter of the FDA (secondary page).",
    ),
)
"""Disputes of the literature read here that have no counterpart in a run."""

OMITTED = (
    "Longer treatment before stopping, on the side 'yes': Baldessarini 2015 (45 trials). No verified figure of it is "
    "in the evidence.",
    "Switch, on the side 'no': Hu 2022. No verified figure of it is in the evidence.",
    "Switch, on the side 'no': STEP-BD (Sachs 2007). Its figure is in the evidence, not verified.",
)
"""Studies on a side of a contested question that are not shown, and why."""
