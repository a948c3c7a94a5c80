"""The ledger of record, printed without a run, and an audit of one's own beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from resynapse.cli.closing import close
from resynapse.cli.console import grid, paged, say
from resynapse.disclaimer import SHORT_DISCLAIMER


def print_recorded(protocol: str, own: Path | None, *, as_json: bool) -> None:
    """Print the audit of record of a protocol.

    Parameters
    ----------
    own : folder of an audit to set beside it, if any.
    """
    from resynapse.analysis.numbers import number
    from resynapse.report.page.tables import TextTable
    from resynapse.report.recorded import beside, recorded

    record = recorded(protocol)
    other = None if own is None else beside(record, own / "audit.json")
    if as_json:
        sys.stdout.write(record.to_json())
        return
    header = ("claim", "verdict", "ours [95 %]", f"same in {len(record.seeds)} seeds", *(("yours",) if other else ()))
    rows = []
    for one in record.ledger:
        found = "" if one.estimate is None else number(one.estimate)
        ends = "" if one.low is None or one.high is None else f" [{number(one.low)}, {number(one.high)}]"
        same = "" if one.same is None else f"{one.same} of {len(record.seeds)}"
        yours = (other.verdicts.get(one.id, "not judged"),) if other else ()
        rows.append((one.id, one.verdict, f"{found}{ends}", same, *yours))
    with paged():
        grid(TextTable(f"Audit of record of {record.protocol}", header, tuple(rows)))
        for one in record.ledger:
            say(f"{one.id}: {one.verdict}. {one.statement} {one.sentence}")
        versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
        seeds = ", ".join(map(str, record.seeds))
        say(
            f"Depth {record.depth}, {record.subjects} simulated subjects, root seeds {seeds}; "
            f"claims {record.claims} on record {record.put}; {versions}; digest {record.digest}. Nothing was run now."
        )
        say(SHORT_DISCLAIMER)
    counts = [one.verdict for one in record.ledger]
    said = f"{', '.join(f'{counts.count(v)} {v}' for v in dict.fromkeys(counts))}."
    if other is not None:
        differing = f": {', '.join(other.differing)}" if other.differing else ""
        claims = "" if other.same_claims else " It judges other claims, or the same in other words."
        count = f"{len(other.differing)} of {len(record.ledger)} verdicts differ"
        said = f"{count} between {own} and the record{differing}.{claims}"
    close("the record that ships with resynapse", said, record.command)
