"""What must stand on a figure itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resynapse.clinical.literature import literature
from resynapse.protocol.facts import facts
from resynapse.report.run_data import RunData

PROBE = "acc_biased"
"""Family of the manic probe."""
FEW = 3
"""Most panels that a caption names where they are not drawn."""


def not_drawn(titles: Sequence[str]) -> str:
    """What a figure has no room for, as the end of its caption; of many, the first few by name."""
    if not titles:
        return ""
    more = [f"{len(titles) - FEW} more"] if len(titles) > FEW else []
    return f" Not drawn: {'; '.join([*titles[:FEW], *more])}; the tables have them."


def switch_note(run_data: RunData, outcomes: Iterable[str]) -> str:
    """The note of a figure that shows arms under the manic probe, or under what is computed from it.

    Parameters
    ----------
    outcomes : that the figure shows.

    Returns
    -------
    The note of the literature, or nothing where no arm names a class of treatment.
    """
    under_probe = {name for name, known in facts(run_data.protocol).items() if known.family == PROBE}
    for rule in run_data.protocol.derived:
        if rule.of in under_probe:
            under_probe.add(rule.outcome)
    shown = not under_probe.isdisjoint(outcomes)
    return literature().switch_note if shown and run_data.analysis.clinical is not None else ""
