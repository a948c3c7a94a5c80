"""How every kernel is compiled."""

from __future__ import annotations

from typing import Any

FAST: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nsz", "reassoc"},
}
"""Without the GIL, cached on disk; sums may be reordered, but NaN and infinity keep their meaning."""
