"""No page leaves the build without the disclaimer, or with something that would be fetched from elsewhere."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.disclaimer import DISCLAIMER, SHORT_DISCLAIMER

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FETCHED = re.compile(r"<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^\"]*\"", re.IGNORECASE)


def faults(page: str) -> list[str]:
    """What is wrong with one page of HTML."""
    sealed = any(html.escape(text) in page for text in (DISCLAIMER, SHORT_DISCLAIMER))
    found = [] if sealed else ["it lacks the disclaimer"]
    return found + [f"it fetches {match}" for match in _FETCHED.findall(page)]


def _check(app: Sphinx, failure: Exception | None) -> None:
    from sphinx.errors import SphinxError

    if failure is not None or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        for fault in faults(path.read_text("utf-8")):
            raise SphinxError(f"{path}: {fault}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at every page when the build is finished."""
    app.connect("build-finished", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
