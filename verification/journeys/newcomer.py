"""What a newcomer does, timed: install into a fresh environment, read the story to its end, change a dose.

`python -m verification.journeys.newcomer` from a checkout; needs Chromium, and an index of packages to install from.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verification.journeys.conftest import CHROMIUM, PATIENCE, QUIET

CHECKOUT = Path(__file__).parents[2]


def main() -> None:
    """Print minutes and clicks."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        place, work = Path(folder) / "venv", Path(folder) / "work"
        work.mkdir()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        begun = time.monotonic()
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, env=environment)
        pip = [str(place / "bin" / "pip"), "install", "-q", f"{CHECKOUT}[lab]"]
        subprocess.run(pip, check=True, env=environment, cwd=work)
        installed = time.monotonic()
        words = [str(place / "bin" / "resynapse"), "lab", "--story", "--no-browser"]
        with subprocess.Popen(words, cwd=work, env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.set_default_timeout(5 * PATIENCE)  # kernels are compiled for the first time
            page.goto(url)
            page.locator("h1").wait_for()
            shown, clicks, words_read = time.monotonic(), 0, 0
            print(
                f"install {installed - begun:.0f} s, first page {shown - installed:.1f} s after the command", flush=True
            )
            while page.locator("a[rel=next]").count():
                words_read += len(page.locator("article").inner_text().split())
                page.locator("a[rel=next]").click()
                page.wait_for_load_state()
                clicks += 1
            words_read += len(page.locator("article").inner_text().split())
            print(f"story: {clicks + 1} pages, {words_read} words, {clicks} clicks", flush=True)
            page.fill("#dose", "1.5")
            asked = time.monotonic()
            page.get_by_role("button", name="Run it").click()
            page.locator(".answer").wait_for()
            answered = time.monotonic()
            print(page.locator(".answer").inner_text())
            browser.close()
            server.terminate()
        print(f"changed dose: 1 value, 1 click, answer after {answered - asked:.0f} s (load {os.getloadavg()[0]:.0f})")


if __name__ == "__main__":
    main()
