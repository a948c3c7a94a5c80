"""What must stand on a figure itself."""

from __future__ import annotations

from collections.abc import Iterable

from resynapse.report.run_data import RunData

PROBE = "acc_biased_"
SWITCH = (
    "No clinical figure was found for switch with a neurosteroid, or with ketamine without a mood stabiliser. The "
    "order of these arms is neither supported nor refuted; what little there is on ketamine points to few switches."
)


def switch_note(run_data: RunData, outcomes: Iterable[str]) -> str:
    """The note of a figure that shows arms under the manic probe, or under what is computed from it.

    Parameters
    ----------
    outcomes : that the figure shows.

    Returns
    -------
    `SWITCH`, or nothing where no arm names a class of treatment.
    """
    computed: set[str] = set()
    for rule in run_data.protocol.derived:
        if rule.of.startswith(PROBE) or rule.of in computed:
            computed.add(rule.outcome)
    shown = any(outcome.startswith(PROBE) or outcome in computed for outcome in outcomes)
    return SWITCH if shown and run_data.analysis.clinical is not None else ""
