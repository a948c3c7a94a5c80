"""Classification tasks: what a simulated network has to tell apart.

Inputs are kept with samples as the contiguous axis, shape (features, samples), because every engine walks along the
batch.
"""

from __future__ import annotations

from resynapse.task.base import (
    Sizes,
    Split,
    Task,
    TaskData,
    has_time,
    location_fields,
    outputs_of,
    steps_of,
    wants_every_step,
)
from resynapse.task.blobs import PUBLISHED_CENTRES, GaussianBlobs
from resynapse.task.delayed_match import DelayedMatch
from resynapse.task.digits import Digits
from resynapse.task.mappings import mapped, mappings_of
from resynapse.task.points_in_time import RepeatedPoint, ResampledPoints
from resynapse.task.table import Table

__all__ = [
    "DEFAULT_TASK",
    "PUBLISHED_CENTRES",
    "TASKS",
    "DelayedMatch",
    "Digits",
    "GaussianBlobs",
    "RepeatedPoint",
    "ResampledPoints",
    "Sizes",
    "Split",
    "Table",
    "Task",
    "TaskData",
    "has_time",
    "location_fields",
    "mapped",
    "mappings_of",
    "outputs_of",
    "steps_of",
    "wants_every_step",
]

TASKS: dict[str, type[Task]] = {
    "gaussian-blobs": GaussianBlobs,
    "digits": Digits,
    "csv": Table,
    "repeated-point": RepeatedPoint,
    "resampled-points": ResampledPoints,
    "delayed-match": DelayedMatch,
}
"""Every kind of task by the name it has in protocol files."""
DEFAULT_TASK = "gaussian-blobs"
"""The kind of a task that names none."""
