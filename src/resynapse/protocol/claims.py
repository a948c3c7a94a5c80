"""Claims: what a publication concludes, as statements that results decide.

A claim has one or more readings: each is a way in which the sentence can fairly be taken, with the tests that decide
it. The most charitable one comes first. Bounds are written down before anything is run; verdicts are computed
(`resynapse.audits`). A claim names no controls: one battery is run for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from resynapse.protocol.arms import Arm
from resynapse.protocol.claim_tests import Test
from resynapse.protocol.when import At, When

Basis = Literal["finding", "construction", "outside"]
"""``finding``: results decide; ``construction``: true by how the model is built; ``outside``: no simulation can say."""
BASES: tuple[Basis, ...] = ("finding", "construction", "outside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One fair way to take a sentence.

    Parameters
    ----------
    id : a short name, unique within the claim; empty where there is one reading alone.
    tests : all of them must hold.
    interpretation : how the sentence is taken: its comparator, its measures, its notion of mechanism.
    among : only subjects for whom this is true in the arm that is read, such as ``acc_combined >= 90 at acute``.
    """

    tests: tuple[Test, ...]
    id: str = ""
    interpretation: Annotated[str, Field(description="how the statement is taken: its comparator and its measures")] = (
        ""
    )
    among: Annotated[
        str, Field(description="only subjects for whom this is true, such as acc_combined >= 90 at acute")
    ] = ""

    @property
    def selects(self) -> tuple[When, str] | None:
        """The comparison of `among` and its condition.

        Raises
        ------
        ProtocolError : it has another form.
        """
        return At.parse(self.among).parts if self.among else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A conclusion and what decides it.

    Parameters
    ----------
    id, where, statement : a short name, the section of the publication, and the conclusion, restated.
    readings : the fair ways to take it, the most charitable first; none where nothing here can decide it.
    basis : whether results decide it at all.
    note : what a reader should know beside the verdict.
    """

    id: str
    statement: Annotated[str, Field(description="the conclusion, restated")]
    readings: tuple[Reading, ...] = ()
    where: Annotated[str, Field(description="section of the publication")] = ""
    basis: Basis = "finding"
    note: str = ""

    @property
    def tests(self) -> tuple[Test, ...]:
        """The tests of all readings, each once."""
        return tuple(dict.fromkeys(test for reading in self.readings for test in reading.tests))

    @property
    def needs(self) -> frozenset[str]:
        """Names of the controls whose arms its tests read."""
        arms = {measure.arm for test in self.tests for measure in test.measures}
        return frozenset(control for arm in arms if (control := Arm.parse(arm).control))

    @property
    def named(self) -> Iterator[tuple[str, Reading]]:
        """Every reading with the name under which tables show it: that of the claim for the first one."""
        for index, reading in enumerate(self.readings):
            yield (self.id if index == 0 else f"{self.id}/{reading.id}"), reading
