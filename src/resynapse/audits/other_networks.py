"""Conclusions with another task or network: the one question of an audit that needs runs of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from resynapse.analysis.cells import Cells
from resynapse.audits.findings import Status
from resynapse.audits.matrix import answer
from resynapse.audits.sensitivity import first_durations
from resynapse.audits.transfer import transferred
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.task import DEFAULT_TASK, TASKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """One claim, as run, with another task or network.

    Parameters
    ----------
    setting : what is other.
    claim, status : its id, and what the run says to all its tests.
    what, estimate, low, high, n : the contrast that decides.
    """

    setting: str
    claim: str
    status: Status
    what: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int


def settings(protocol: Protocol, *, whole: bool) -> Iterator[tuple[str, Protocol]]:
    """The protocol, without claims and variants, with the variations of its network, and digits at the same steps.

    Parameters
    ----------
    whole : over every duration of its follow-up, not the first two.
    """
    plain = replace(protocol if whole else first_durations(protocol, 2), claims=(), variants={})
    for name, network in protocol.network.variations().items():
        yield name, replace(plain, network=network)
    if isinstance(protocol.task, TASKS[DEFAULT_TASK]) and "digits" in TASKS:
        yield "digits", transferred(plain, TASKS["digits"]())


def robust(setting: str, claims: Iterable[Claim], cells: Cells) -> tuple[Robust, ...]:
    """What a run with another task or network says to each claim that it measures."""
    made = []
    for name, reading in (named for claim in claims for named in claim.named):
        status, findings = answer(reading, cells)
        decides = next(finding for finding in findings if finding.status == status)
        if status != "missing":
            made.append(
                Robust(
                    setting=setting,
                    claim=name,
                    status=status,
                    what=decides.what,
                    estimate=decides.estimate,
                    low=decides.low,
                    high=decides.high,
                    n=decides.n,
                )
            )
    return tuple(made)
