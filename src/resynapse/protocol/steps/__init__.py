"""The vocabulary of protocols. A new step is a class in one of these files and its name in `STEPS`."""

from __future__ import annotations

from resynapse.protocol.steps.base import Count, NonNegative, Positive, Share, Step
from resynapse.protocol.steps.drugs import Decay, Discontinue, Drug, Stabilise
from resynapse.protocol.steps.measurement import ENROLLED, Assess, Enrol, Mark
from resynapse.protocol.steps.structure import Lesion, Prune, PruneMore, PruneTo, Regrow, Scar
from resynapse.protocol.steps.training import Remap, Restart, Train

STEPS: dict[str, type[Step]] = {
    step.kind: step
    for step in (
        Train, Prune, PruneMore, PruneTo, Lesion, Scar, Mark, Regrow, Drug, Discontinue, Stabilise, Decay, Assess,
        Enrol, Remap, Restart,
    )
}  # fmt: skip
"""Every step by the name it has in protocol files; plug-ins join."""

__all__ = [
    "ENROLLED", "STEPS", "Assess", "Count", "Decay", "Discontinue", "Drug", "Enrol", "Lesion", "Mark", "NonNegative",
    "Positive", "Prune", "PruneMore", "PruneTo", "Regrow", "Remap", "Restart", "Scar", "Share", "Stabilise", "Step",
    "Train",
]  # fmt: skip
