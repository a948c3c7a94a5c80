"""How time and peak memory grow: with subjects, workers, hidden width, sparsity and epochs."""

from __future__ import annotations

from typing import Any

from benchmarks.child import ask
from benchmarks.tables import Cell, table

NOTES = (
    "Each row is a process of its own; peak memory is its resident maximum, Python and libraries included.",
    "Runs are timed with kernels ready. 'short' has one epoch in every phase: memory at full size, not time.",
)
HEAD = ["what", "seconds", "s a subject", "ms a step", "peak MB"]


def questions(*, quick: bool) -> list[tuple[str, dict[str, Any]]]:
    """What is asked, row by row."""
    demo = {"what": "run", "protocol": "demo", "workers": 2}
    short = {"what": "run", "protocol": "switch-relapse", "workers": 2, "epochs": 1}
    epochs = 1 if quick else None
    found: list[tuple[str, dict[str, Any]]] = []
    for subjects in (1, 2) if quick else (1, 2, 10, 100):
        found.append((f"demo, {subjects} subjects, 2 workers", {**demo, "subjects": subjects, "epochs": epochs}))
    for workers in (1,) if quick else (1, 2):
        size = 2 if quick else 20
        row = {**demo, "subjects": size, "workers": workers, "epochs": epochs}
        found.append((f"demo, {size} subjects, {workers} workers", row))
    for subjects in () if quick else (1, 2, 10, 100):
        found.append((f"switch-relapse short, {subjects} subjects, 2 workers", {**short, "subjects": subjects}))
    for limit in (1,) if quick else (1, 10, 20, 40):
        found.append((f"demo, 2 subjects, at most {limit} epochs", {**demo, "subjects": 2, "epochs": limit}))
    for width in (128,) if quick else (128, 256, 512, 1024, 2048):
        for sparsity in (0.0, 0.95):
            hidden = [width, width, width // 2]
            row = {"what": "step", "hidden": hidden, "sparsity": sparsity}
            found.append((f"hidden {width}-{width}-{width // 2}, sparsity {sparsity:g}", row))
    for sparsity in () if quick else (0.0, 0.5, 0.8, 0.9, 0.95, 0.99):
        row = {"what": "step", "hidden": [512, 512, 256], "sparsity": sparsity}
        found.append((f"sparsity {sparsity:g}, hidden 512-512-256", row))
    return found


def measure(*, quick: bool) -> tuple[str, list[dict[str, Any]]]:
    """Ask every question in a process of its own."""
    rows: list[list[Cell]] = []
    record = []
    for name, question in questions(quick=quick):
        found = ask(question)
        seconds = found.get("seconds")
        each = None if seconds is None else seconds / question["subjects"]
        rows.append([name, seconds, each, found.get("milliseconds"), found["peak_mb"]])
        record.append({"name": name, **question, **found})
    return table("Growth", HEAD, rows, NOTES), record
