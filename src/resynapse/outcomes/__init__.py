"""Outcomes: what is measured, one definition each, with every fact about it."""

from __future__ import annotations

from resynapse.outcomes.base import Facts, Family, Outcome, opposite
from resynapse.outcomes.examination import Calibration, Examination, Responder, noise_scale
from resynapse.outcomes.lookup import BATTERY, catalogue, definition, extend, known, outcome
from resynapse.outcomes.names import OutcomeName

__all__ = [
    "BATTERY",
    "Calibration",
    "Examination",
    "Facts",
    "Family",
    "Outcome",
    "OutcomeName",
    "Responder",
    "catalogue",
    "definition",
    "extend",
    "known",
    "noise_scale",
    "opposite",
    "outcome",
]
