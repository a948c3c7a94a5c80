"""The clinical literature that a run may be set beside, as read from ``data/clinical/literature.yaml``.

The file contains the questions with the result of each study, disputes that no run can answer, what was left out, and
the sentences that must accompany any of it. This module gives it types; it adds no content.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from resynapse.clinical.evidence import figure

Side = Literal["yes", "no"]
Status = Literal["solid", "contested", "absent"]
_FILE = resources.files("resynapse") / "data" / "clinical" / "literature.yaml"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Finding:
    """What one study says to a question.

    Parameters
    ----------
    study : short name.
    says : its side, as its authors concluded.
    first, second : figures of which the first is the higher if the answer is yes; ``second`` empty for a ratio,
        which is above 1 if the answer is yes, or below if `inverse`.
    arms : simulated arms it can be compared with.
    statement : the finding as a sentence.
    by_words : its side rests on what its authors wrote, not on the order of its figures.
    """

    study: str
    says: Side
    first: str
    arms: tuple[str, ...]
    second: str = ""
    inverse: bool = False
    statement: str = ""
    by_words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Question:
    """A direction that model and literature may share.

    Parameters
    ----------
    key : names it.
    asks : the question, answered yes or no.
    model_reads : how the model's answer is read from a run.
    status : ``solid`` or ``contested`` in the literature read here.
    remarks : statements that must accompany it.
    """

    key: str
    asks: str
    model_reads: str
    status: Status
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Position:
    """One side of a topic.

    Parameters
    ----------
    says : the position as a sentence.
    figures : ids of the verified figures it rests on.
    """

    says: str
    figures: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """Its figures as text, each with the two treatments compared."""
        found = (figure(i) for i in self.figures)
        return tuple(f"{one.drug}, against {one.comparator}: {one.shown}" for one in found)

    @property
    def citations(self) -> tuple[str, ...]:
        """Their sources."""
        return tuple(dict.fromkeys(figure(i).citation for i in self.figures))


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Topic:
    """A dispute to which a run has no counterpart.

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


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Literature:
    """The contents of the file.

    Parameters
    ----------
    arms : names of arms that name a class of treatment; others have no clinical counterpart.
    statement : must accompany every clinical figure.
    switch_note : beside a figure of arms under the manic probe.
    switch_order_note : beside an order of arms under the manic probe.
    weak_evidence : what agreement in direction is worth, among the limitations of a report.
    topics : disputes that no run can answer.
    omitted : studies on a side of a question that are not shown, and why.
    absent : questions to which no clinical figure was found.
    not_compared : what is in the evidence and has no counterpart in a run.
    limits : limitations of every comparison.
    """

    arms: tuple[str, ...]
    statement: str
    switch_note: str
    switch_order_note: str
    weak_evidence: str
    questions: tuple[Question, ...]
    topics: tuple[Topic, ...]
    omitted: tuple[str, ...]
    absent: tuple[str, ...]
    not_compared: tuple[str, ...]
    limits: tuple[str, ...]


@lru_cache(maxsize=1)
def literature() -> Literature:
    """The literature that ships with resynapse.

    >>> [question.key for question in literature().questions]
    ['stopping', 'longer treatment', 'switch', 'stabiliser']
    """
    return TypeAdapter(Literature).validate_python(yaml.safe_load(_FILE.read_text("utf-8")))
