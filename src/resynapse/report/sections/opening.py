"""The first screen: what was asked and run, the answer in a sentence, findings and the picture that carries it."""

from __future__ import annotations

from resynapse.audits.audit import Audit
from resynapse.audits.verdicts import VERDICTS
from resynapse.report.page.section import Opening, Picture
from resynapse.report.run_data import RunData
from resynapse.report.sections.audit import MEANING
from resynapse.report.sections.findings import chosen, findings
from resynapse.report.sections.headline import headline_of_audit, headline_of_run
from resynapse.report.sections.undecided import undecided


def opening(run_data: RunData, picture: Picture | None, audit: Audit | None = None) -> Opening:
    """The first screen of a run, or of the audit of which it is the tree."""
    found = findings(run_data)
    return Opening(
        asked=run_data.protocol.title or run_data.protocol.name,
        ran=ran(run_data),
        headline=headline_of_run(run_data) if audit is None else headline_of_audit(audit),
        findings=found,
        picture=picture,
        counts=()
        if audit is None
        else tuple(
            (verdict, audit.count(verdict), MEANING[verdict][0]) for verdict in VERDICTS if audit.count(verdict)
        ),
        note=" ".join(filter(None, (undecided(run_data), chosen(run_data) if found else ""))),
    )


def ran(run_data: RunData) -> str:
    """Who went through what, in a line."""
    n = len(run_data.cells.subjects)
    own = [run_data.arm_title(arm) for arm in run_data.arms if arm in run_data.protocol.arms]
    controls = len(run_data.arms) - len(own)
    parts = [
        run_data.protocol.name,
        "one simulated network" if n == 1 else f"{n} simulated networks",
        f"each through {len(own)} arms" if len(own) > 1 else f"arm {own[0]}" if own else "",
        f"{controls} arm{'' if controls == 1 else 's'} more with a control" if controls else "",
        f"seed {run_data.manifest.root_seed}",
    ]
    if run_data.unfinished:
        parts.append(f"{run_data.unfinished} still to come")
    return " · ".join(filter(None, parts))
