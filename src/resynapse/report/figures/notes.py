"""What must stand on a figure itself."""

from __future__ import annotations

from collections.abc import Iterable

from resynapse.clinical.literature import literature
from resynapse.report.run_data import RunData

PROBE = "acc_biased_"


def switch_note(run_data: RunData, outcomes: Iterable[str]) -> str:
    """The note of a figure that shows arms under the manic probe, or under what is computed from it.

    Parameters
    ----------
    outcomes : that the figure shows.

    Returns
    -------
    The note of the literature, or nothing where no arm names a class of treatment.
    """
    computed: set[str] = set()
    for rule in run_data.protocol.derived:
        if rule.of.startswith(PROBE) or rule.of in computed:
            computed.add(rule.outcome)
    shown = any(outcome.startswith(PROBE) or outcome in computed for outcome in outcomes)
    return literature().switch_note if shown and run_data.analysis.clinical is not None else ""
