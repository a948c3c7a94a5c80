"""The tables of `docs/audit.md`: what an audit found, short enough to be read.

`python docs/figures/audit.py AUDIT_FOLDER/audit.json` prints them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from resynapse.audits.verdict_text import number

Found = dict[str, Any]
EFFECTS = 3
"""Constants that are shown for each quantity."""


def main(path: str) -> None:
    """Print the tables."""
    found = json.loads(Path(path).read_text("utf-8"))
    print(found["summary"], "\n")
    same = {one["claim"]: f"{one['same']} of {len(one['seeds'])}" for one in found["stability"]}
    show(
        ("claim", "verdict", "the article", "ours [95 %]", "decides", "broken by", "same verdict in seeds"),
        ((*ledger(claim), same.get(claim["id"], "-")) for claim in found["claims"]),
    )
    show(("claim", "reading", "as run", "ours [95 %]", "decides"), readings(found["claims"]))
    show(("claim", "verdicts over seeds"), ((f"`{one['claim']}`", counts(one)) for one in found["stability"]))
    rows = (scenario(found["matrix"], name) for name in dict.fromkeys(c["scenario"] for c in found["matrix"]))
    show(("role", "constant", "scenario", "changed", "moved", "conclusions that change"), rows)
    rows = (order(found["rankings"], name) for name in dict.fromkeys(r["scenario"] for r in found["rankings"]))
    show(("scenario", "orders that change", "relapse %"), rows)
    show(("claim", "by means", "by intervals"), map(study, found["studies"]))
    show(("quantity", "the constants with the largest effects beyond chance"), sensitivity(found["sensitivity"]))
    show(("claim", "holds", "open", "fails"), points(found["map"]))
    show(("claim", *dict.fromkeys(r["setting"] for r in found["robustness"])), robustness(found["robustness"]))


def show(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table in Markdown."""
    print("|", " | ".join(header), "|\n" + "|---" * len(header) + "|")
    for row in rows:
        print("|", " | ".join(row), "|")
    print()


def ledger(claim: Found) -> tuple[str, ...]:
    """A claim with its verdict."""
    printed, *more = (claim["figure"] or "-").split("; ")
    return (
        f"`{claim['id']}`",
        claim["verdict"],
        printed + (" ..." if more else ""),
        estimate(claim),
        claim["deciding_run"],
        ", ".join(claim["breakers"]) or "-",
    )


def readings(claims: Sequence[Found]) -> Iterable[tuple[str, ...]]:
    """Every reading with what decides it as run."""
    for claim in claims:
        for one in claim["readings"]:
            status = {"missing": 0, "fails": 1, "open": 2, "holds": 3}
            found = min(one["findings"], key=lambda f: status[f["status"]])
            excluded = any(a["says"] == "contradicted" for a in one["arithmetic"])
            said = one["standing"] + (" (excluded by the article's figures)" if excluded else "")
            shown = "-" if found["estimate"] is None else number(found["estimate"])
            if found["low"] is not None:
                shown += f" [{number(found['low'])}, {number(found['high'])}]"
            yield f"`{claim['id']}`", one["id"] or "-", said, shown, found["what"]


def counts(one: Found) -> str:
    """The verdicts of a claim over seeds."""
    found = {verdict: one["verdicts"].count(verdict) for verdict in dict.fromkeys(one["verdicts"])}
    return ", ".join(f"{verdict} {count}" for verdict, count in found.items())


def scenario(matrix: Sequence[Found], name: str) -> tuple[str, ...]:
    """A row of the matrix."""
    cells = [cell for cell in matrix if cell["scenario"] == name]
    changed = [f"`{c['claim']}` {c['before']} → {c['after']}" for c in cells if c["changed"]]
    of = len(cells)
    shown = (f"{len(changed)} of {of}", f"{sum(c['moved'] for c in cells)} of {of}")
    return (cells[0]["role"], f"{cells[0]['constant']}, {cells[0]['action']}", name, *shown, "; ".join(changed) or "-")


def order(rankings: Sequence[Found], name: str) -> tuple[str, ...]:
    """Orders and relapse in one scenario."""
    here = [r for r in rankings if r["scenario"] == name]
    orders = [
        f"{r['outcome']}: {' > '.join(r['arms'])}"
        for r in here
        if not r["relapse"] and (r["arms"] != r["before"] or not name)
    ]
    relapse = [f"{arm} {number(m)}" for r in here if r["relapse"] for arm, m in zip(r["arms"], r["means"], strict=True)]
    return (name or "as run", "; ".join(orders) or "-", ", ".join(relapse) or "-")


def study(one: Found) -> tuple[str, ...]:
    """How often ten subjects reach a claim."""
    return (f"`{one['claim']}`", f"{one['by_mean']:.0f} %", f"{one['by_interval']:.0f} %")


def sensitivity(indices: Sequence[Found]) -> Iterable[tuple[str, ...]]:
    """The largest effects on each quantity."""
    for quantity in dict.fromkeys(i["quantity"] for i in indices):
        found = sorted((i for i in indices if i["quantity"] == quantity and i["shown"]), key=lambda i: -i["effect"])[
            :EFFECTS
        ]
        shown = [
            f"{i['factor']} {number(i['effect'])} [{number(i['effect_low'])}, {number(i['effect_high'])}]"
            for i in found
        ]
        yield quantity, "; ".join(shown)


def points(found: Sequence[Found]) -> Iterable[tuple[str, ...]]:
    """At how many points of the map each claim holds, with the protocol's own thresholds."""
    for claim in dict.fromkeys(p["claim"] for p in found):
        said = [p["status"] for p in found if p["claim"] == claim and not p["threshold"]]
        yield (f"`{claim}`", *(str(said.count(status)) for status in ("holds", "open", "fails")))


def robustness(rows: Sequence[Found]) -> Iterable[tuple[str, ...]]:
    """What each other setting says to each claim."""
    settings = list(dict.fromkeys(r["setting"] for r in rows))
    for claim in dict.fromkeys(r["claim"] for r in rows):
        said = {r["setting"]: r["status"] for r in rows if r["claim"] == claim}
        yield (f"`{claim}`", *(said.get(setting, "-") for setting in settings))


def estimate(one: Found) -> str:
    """An estimate with its interval."""
    if one["estimate"] is None:
        return "-"
    ends = one["interval"]
    return number(one["estimate"]) + (f" [{number(ends[0])}, {number(ends[1])}]" if ends else "")


if __name__ == "__main__":
    main(sys.argv[1])
