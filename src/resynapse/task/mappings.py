"""Other mappings of the same samples: what a network that has learnt a task may have to learn anew."""

from __future__ import annotations

from dataclasses import replace

from resynapse.task.base import Split, Task, TaskData

NEXT_CLASS = "next-class"
"""The mapping of a task that states none: each class is answered as the one after it, the last as the first."""


def mappings_of(task: Task) -> tuple[str, ...]:
    """Names of the other mappings of a task."""
    return tuple(getattr(task, "mappings", (NEXT_CLASS,)))


def mapped(task: Task, data: TaskData, mapping: str) -> TaskData:
    """The same samples with the answers of another mapping, one of `mappings_of`.

    A task with mappings of its own states them in ``mappings`` and gives a set its answers in ``relabelled``.
    """

    def next_class(split: Split, _: str) -> Split:
        return replace(split, labels=(split.labels + 1) % task.classes)

    relabelled = getattr(task, "relabelled", next_class)
    train, test, clean = (relabelled(split, mapping) for split in (data.train, data.test, data.clean))
    return replace(data, train=train, test=test, clean=clean)
