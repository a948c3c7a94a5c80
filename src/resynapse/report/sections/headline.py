"""The answer in a sentence: of a run, and of an audit."""

from __future__ import annotations

from resynapse.analysis.cells import yes_or_no
from resynapse.audits.audit import Audit
from resynapse.audits.verdicts import VERDICTS
from resynapse.report import words
from resynapse.report.run_data import RunData
from resynapse.report.sections.findings import NAMED, listed, ranked, remitted, split

SHORT = {
    "holds as run": "true of the run, but not of every control",
    "mixed": "true in one reading and false in another",
    "undecided": "neither shown nor excluded",
}


def headline_of_run(run_data: RunData) -> str:
    """The first leading outcome in words, and relapse where there is one."""
    if not run_data.leading:
        return "No outcome was measured in two arms: there is nothing to compare."
    first = split(run_data, *run_data.leading[0])
    text = f"{run_data.title(first.condition, first.outcome)}: {ranked(run_data, first)}."
    after = list(remitted(run_data))
    if after:
        relapse = run_data.analysis.relapse[0]
        name = words.outcome_title(run_data.protocol, relapse.outcome)
        if relapse.outcome not in yes_or_no(run_data.protocol):  # it is when the first one was, not whether
            name = f"{words.outcome_title(run_data.protocol, relapse.of)} below {relapse.threshold:g}"
        text += f" {name[0].upper()}{name[1:]} among networks that were well before: {_told(after)}."
    return text


def _told(after: list[str]) -> str:
    """Shares with their arms; of many arms, those that have the same share are counted.

    >>> _told(["0 % after a", "0 % after b", "5 % after c", "0 % after d", "0 % after e"])
    '0 % after each of 4 arms; 5 % after c'
    """
    if len(after) <= NAMED:
        return "; ".join(after)
    arms: dict[str, list[str]] = {}
    for text in after:
        share, _, arm = text.partition(" after ")
        arms.setdefault(share, []).append(arm)
    return "; ".join(
        f"{share} after {one[0] if len(one) == 1 else f'each of {len(one)} arms'}" for share, one in arms.items()
    )


def headline_of_audit(audit: Audit) -> str:
    """The ledger in one sentence, findings alone."""
    counted = [entry for entry in audit.claims if entry.verdict != "by construction"]
    good = audit.count("supported")
    rest = [f"{audit.count(v)} {SHORT.get(v, v)}" for v in VERDICTS[1:-1] if audit.count(v)]
    changed = ""
    if audit.changed:
        changed = f" The run differs from the published protocol in {', '.join(audit.changed)}: it is no replication."
    others = f": {listed(rest)}." if rest else "."
    return (
        f"Of {len(counted)} conclusions that results can decide, {good} {'is' if good == 1 else 'are'} supported in "
        f"{audit.subjects} simulated networks and every control{others}"
        f"{changed}"
    )
