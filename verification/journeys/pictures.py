"""The screenshots of README and docs, and the story as one page: `python -m verification.journeys.pictures FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from verification.journeys.conftest import CHROMIUM, QUIET, Laboratory, Visit, workspace

STORY = "/story/switch-relapse/3"


def main(folder: Path) -> None:
    """Write lab-story.png, lab-composer.png, lab-what-if.png and story-switch-relapse.html."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place, sync_playwright() as playwright:
        laboratory = Laboratory(workspace(Path(place) / "work", runs=1))
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            visit = Visit(browser, laboratory, 1200)
            visit.page.set_viewport_size({"width": 1200, "height": 780})
            page = visit.go(STORY)
            page.screenshot(path=str(folder / "lab-story.png"))
            with page.expect_download() as waiting:
                page.get_by_text("Save as one page").click()
            waiting.value.save_as(folder / waiting.value.suggested_filename)
            page = visit.go("/protocols/library/kindling")
            page.fill("#copy", "kindling-mine")
            page.get_by_role("button", name="Edit a copy").click()
            page.locator(".tree-label", has_text="adversity").first.click()
            page.locator(".parts").wait_for()
            page.screenshot(path=str(folder / "lab-composer.png"))
            visit.go("/runs").locator(".row-link").first.click()
            page.locator(".tabs").get_by_text("What if").click()
            page.wait_for_load_state()
            visit.choose("#path", "ketamine gain")
            page.fill("#value", "1.5")
            page.locator("#value").blur()
            page.locator(".proposed", has_text="gain-only").wait_for()
            page.locator("[data-more-changes]").click()
            visit.choose("#path-2", "ketamine epochs")
            page.fill("#value-2", "12")
            page.locator("#value-2").blur()
            page.locator(".told", has_text="at a time").first.wait_for()
            page.set_viewport_size({"width": 1200, "height": 1310})
            page.screenshot(path=str(folder / "lab-what-if.png"))
            browser.close()
        finally:
            laboratory.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
