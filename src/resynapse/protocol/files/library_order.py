"""The order in which the library is shown: the publications, further questions, and the rest."""

from __future__ import annotations

LIBRARY_GROUPS: dict[str, tuple[str, ...]] = {
    "Published": (
        "switch-relapse",
        "fragility",
        "cliff",
        "courses",
        "mechanisms",
        "dose",
        "manic-switch",
        "chronic-stress",
        "kindling",
    ),
    "Clinical questions": (
        "withdrawal",
        "bridge",
        "ssri-stabilised",
        "taper",
        "repeated-courses",
        "rescue",
        "half-doses",
        "washout",
        "partial-responders",
    ),
    "Recurrent networks": ("gru-kindling", "working-memory", "gru-demo"),
    "Demo, other task": ("demo", "digits-switch-relapse"),
}
"""Every protocol of the library once: the main article and its siblings in the order of their records, then the
questions as in docs/questions/index.md."""
