"""The verdict of a claim: the first row that applies.

======================================== ==============================================================================
by construction                          true by how the model is built; no result could differ
not testable here                        outside what a simulation can show, or no reading is measured by this run
contradicted by the article's own numbers  every reading is excluded by the published figures
mixed                                    one reading holds and another fails
undecided                                a reading is neither shown nor excluded
not supported                            every reading fails
holds as run                             every reading holds, but not in all of the battery, or that was not run
supported                                every reading holds in all scenarios that touch it, or nothing breaks it there
======================================== ==============================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from resynapse.audits.readings import ReadingResult
from resynapse.protocol.claims import Claim

Verdict = Literal[
    "by construction",
    "not testable here",
    "contradicted by the article's own numbers",
    "mixed",
    "undecided",
    "not supported",
    "holds as run",
    "supported",
]
VERDICTS: tuple[Verdict, ...] = (
    "supported", "holds as run", "not supported", "undecided", "mixed", "contradicted by the article's own numbers",
    "not testable here", "by construction",
)  # fmt: skip
"""Every verdict, as a summary counts them."""


def verdict_of(claim: Claim, results: Sequence[ReadingResult], *, complete: bool) -> Verdict:
    """The first verdict that applies.

    Parameters
    ----------
    results : one a reading.
    complete : whether every control of the battery that changes the protocol was run.
    """
    measured = [one for one in results if one.standing != "missing"]
    if claim.basis == "construction":
        return "by construction"
    if results and all(one.contradicted for one in results):
        return "contradicted by the article's own numbers"
    if claim.basis == "outside" or not measured:
        return "not testable here"
    standings = {one.standing for one in measured}
    if {"holds", "fails"} <= standings:
        return "mixed"
    if "open" in standings:
        return "undecided"
    if standings == {"fails"}:
        return "not supported"
    if any(one.breakers for one in measured) or not complete:
        return "holds as run"
    return "supported"
