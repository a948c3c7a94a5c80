"""What every page has to be at every width and in both themes: it fits, is accessible, and asks nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from resynapse.disclaimer import SHORT_DISCLAIMER
from verification.journeys.conftest import Laboratory, Visit

PAGES = {
    "home": "/",
    "protocols": "/protocols",
    "protocol": "/protocols/library/switch-relapse",
    "mine": "/protocols/mine/small",
    "change a protocol": "/protocols/library/demo/whatif",
    "runs": "/runs",
    "no runs": "/runs?q=nothing",
    "compose": "/compose/small",
    "compare": "/compare",
    "story": "/story/switch-relapse/3",
    "dose": "/story/switch-relapse/8",
    "missing": "/runs/none",
    "unreadable": "/protocols/mine/broken",
}


def _runs(visit: Visit) -> dict[str, str]:
    page = visit.go("/runs?q=small-seed")
    hrefs = page.eval_on_selector_all(".row-link", "nodes => nodes.map(node => node.getAttribute('href'))")
    first, second = (f"/{href}" for href in sorted(hrefs)[:2])
    ids = [one.rpartition("/")[2] for one in (first, second)]
    return {
        "run": first, "paired": f"{first}?view=paired", "subject": f"{first}/subjects/1", "take": f"{first}/take",
        "what if": f"{first}/whatif", "claims": f"{first}/audit", "results": f"{first}/results",
        "two runs": f"/compare?first={ids[0]}&second={ids[1]}",
    }  # fmt: skip


def _rules() -> str:
    axe = pytest.importorskip("axe_playwright_python", reason="no axe-playwright-python")
    return next(Path(axe.__file__).parent.rglob("axe.min.js")).read_text("utf-8")


def _fits_and_is_accessible(page: Any, named: tuple[object, ...]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, named
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(*named, one["id"], one["nodes"][0]["html"][:160]) for one in found] == []


def looked_at_here(page: Any) -> None:
    """Look at a page as it is now, such as with an open list."""
    page.evaluate(_rules())
    _fits_and_is_accessible(page, (page.url,))


def looked_at(browser: Any, laboratory: Laboratory, looks: Sequence[tuple[int, str]]) -> None:
    """Look at every page of a laboratory with finished runs.

    Parameters
    ----------
    looks : widths and themes; a page is loaded once for all of them.
    """
    rules = _rules()
    visit = Visit(browser, laboratory, *looks[0])
    for name, path in {**PAGES, **_runs(visit)}.items():
        page = visit.go(path)
        if name in ("results", "claims"):
            page.locator(".contents, .tabs + .empty:not([role=status])").first.wait_for()
        if name == "compose":
            page.locator("[role=treeitem]").first.wait_for()
        assert SHORT_DISCLAIMER in page.locator("footer").inner_text(), name
        page.evaluate(rules)
        for width, theme in looks:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            _fits_and_is_accessible(page, (name, width, theme))
    visit.said = [text for text in visit.said if "404" not in text and "422" not in text]  # pages that are missing
    visit.nothing_went_wrong()
