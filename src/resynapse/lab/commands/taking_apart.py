"""Audits and attributions of a run's protocol: what they will run, and the command that does it."""

from __future__ import annotations

from pathlib import Path

from resynapse.attribution.factorial import factorial
from resynapse.audits.claim_library import claims_of
from resynapse.audits.plan import plan
from resynapse.errors import ResynapseError
from resynapse.lab.commands.cost import Planned
from resynapse.lab.commands.starting import MOST_SUBJECTS, frozen
from resynapse.lab.context import Lab
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.queue import Asked
from resynapse.lab.workspace.workspace import ATTRIBUTIONS, AUDITS
from resynapse.protocol import Protocol
from resynapse.protocol.prose.titles import titles_of


def planned_audit(protocol: Protocol, subjects: int) -> Planned:
    """The tree of an audit.

    Raises
    ------
    ResynapseError : it claims nothing, or the cohort is not possible.
    """
    if not 2 <= subjects <= MOST_SUBJECTS:
        raise ResynapseError(f"subjects: an audit needs 2 or more, got {subjects}")
    return Planned(plan(protocol, claims_of(protocol), "quick", subjects).protocol, subjects)


def start_audit(lab: Lab, found: Found, subjects: int) -> Asked:
    """Start an audit of the protocol of a run, or let it wait.

    Raises
    ------
    ResynapseError : an audit goes on in that folder.
    """
    argument = frozen(lab, lab.live.protocol(found))
    folder = lab.workspace.root / AUDITS / f"{Path(argument).stem}-quick-{subjects}-seed{found.seed}"
    words = ["audit", argument, "--depth", "quick", "--subjects", str(subjects), "--seed", str(found.seed)]
    return _begun(lab, f"Audit of {found.protocol}", words, folder)


def planned_attribution(protocol: Protocol, first: str, second: str, subjects: int) -> Planned:
    """The tree of an attribution: an arm for every mixture of the parts of two treatments.

    Raises
    ------
    ResynapseError : the arms cannot be taken apart, or the cohort is not possible.
    """
    for arm in (first, second):
        if arm not in protocol.arms or "," in arm:
            raise ResynapseError(f"first: no arm {arm!r}; choose two arms of the list")
    if first == second:
        raise ResynapseError("second: choose another arm than the first")
    if not 1 <= subjects <= MOST_SUBJECTS:
        raise ResynapseError(f"subjects: give 1 or more, got {subjects}")
    return Planned(factorial(protocol, (first, second)).protocol, subjects)


def start_attribution(lab: Lab, found: Found, first: str, second: str, subjects: int) -> Asked:
    """Start an attribution of the difference between two arms of a run's protocol, or let it wait.

    Raises
    ------
    ResynapseError : an attribution goes on in that folder.
    """
    argument, seed = frozen(lab, lab.live.protocol(found)), str(found.seed)
    folder = lab.workspace.root / ATTRIBUTIONS / f"{Path(argument).stem}-{first}-{second}-{subjects}-seed{seed}"
    words = ["attribute", argument, "--between", f"{first},{second}", "--subjects", str(subjects), "--seed", seed]
    titles = titles_of(lab.live.protocol(found))
    return _begun(lab, f"What {titles.arm(first)} and {titles.arm(second)} differ by", words, folder)


def _begun(lab: Lab, title: str, words: list[str], folder: Path) -> Asked:
    asked = lab.queue.add(title, words, folder)
    lab.log.command(asked.command(lab.workspace.root))
    return asked
