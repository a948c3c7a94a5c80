"""Spans of time as text."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Seconds as text: ``48 s``, ``12 min``, ``3.1 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
