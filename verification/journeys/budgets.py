"""Measure what the laboratory promises, and print it as the table of docs/lab.md.

`python -m verification.journeys.budgets`; two minutes, most of it a run that is watched.
"""

from __future__ import annotations

import gzip
import http.client
import os
import tempfile
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from verification.journeys.conftest import CHROMIUM, QUIET, Laboratory, Visit, until
from verification.journeys.synthetic import many_runs, many_subjects

RUNS, SUBJECTS = 1_000, 10_000
IDLE = 10.0
TICK = os.sysconf("SC_CLK_TCK")


class Reader:
    """A client without a browser, and what the server's process has used."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.pid = laboratory.child.pid
        host = laboratory.base.removeprefix("http://")
        self.connection = http.client.HTTPConnection(host)
        self.headers: dict[str, str] = {}
        _, path = laboratory.url.split(host, 1)
        self.headers = {"Cookie": str(self._ask(path).getheader("set-cookie")).split(";")[0]}

    def _ask(self, path: str) -> Any:
        self.connection.close()  # one left open for long is closed by the server
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        self.body = answer.read()
        return answer

    def seconds(self, path: str) -> float:
        start = time.perf_counter()
        answer = self._ask(path)
        assert answer.status == 200, (path, answer.status)
        return time.perf_counter() - start

    @property
    def processor(self) -> float:
        """Seconds of processor time so far."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / TICK

    @property
    def memory(self) -> float:
        """Resident MB."""
        (line,) = [one for one in Path(f"/proc/{self.pid}/status").read_text().splitlines() if "VmRSS" in one]
        return int(line.split()[1]) / 1e3


def compressed() -> dict[str, float]:
    """kB of every script and style, as gzip sends it."""
    folder = resources.files("resynapse.lab") / "static"
    return {one.name: len(gzip.compress(one.read_bytes(), 9)) / 1e3 for one in folder.iterdir()}


def started(root: Path) -> Iterator[tuple[str, str, str]]:
    """Start, first page, memory, and what the server needs while nobody watches."""
    begun = time.perf_counter()
    laboratory = Laboratory(root)
    try:
        printed = time.perf_counter()
        reader = Reader(laboratory)
        reader.seconds("/")
        there, used = time.perf_counter(), reader.processor
        said = f"{there - printed:.2f} s"
        yield "first page after the address is printed", said, "1 s"
        yield "first page after the command", f"{there - begun:.2f} s ({used:.2f} s of processor time)", ""
        time.sleep(IDLE / 2)
        before = reader.processor
        time.sleep(IDLE)
        yield "nobody watches", f"{100 * (reader.processor - before) / IDLE:.1f} % of a core", "0"
        yield "memory of the server", f"{reader.memory:.0f} MB", ""
    finally:
        laboratory.close()


def sized(root: Path) -> Iterator[tuple[str, str, str]]:
    """The list of many runs, and a run of many subjects."""
    many_runs(root / "resynapse-runs", RUNS)
    many_subjects(root / "large", SUBJECTS)
    laboratory = Laboratory(root)
    try:
        reader = Reader(laboratory)
        first = reader.seconds("/runs")
        again = sorted(reader.seconds("/runs") for _ in range(5))[2]
        yield f"list of {RUNS:,} runs".replace(",", " "), f"{again:.2f} s ({first:.2f} s the first time)", "0.3 s"
        time.sleep(IDLE)  # libraries are imported after the first page
        reader.seconds("/runs?q=large")
        address = reader.body.decode().partition('href="runs/')[2].partition('"')[0]
        before = reader.memory
        first = reader.seconds(f"/runs/{address}")
        again = sorted(reader.seconds(f"/runs/{address}") for _ in range(5))[2]
        said = f"{len(reader.body) / 1e3:.0f} kB, {again:.2f} s ({first:.2f} s the first time), "
        said += f"{reader.memory - before:.0f} MB more memory"
        yield f"page of a run of {SUBJECTS:,} subjects".replace(",", " "), said, "1 MB, 150 MB"
    finally:
        laboratory.close()


def drawn(root: Path) -> Iterator[tuple[str, str, str]]:
    """From the moment that a part lies in its folder to the moment that its dot is in the page, subject by subject."""
    from playwright.sync_api import sync_playwright

    laboratory = Laboratory(root)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            page = Visit(browser, laboratory, 1400).go("/protocols/library/demo")
            page.fill("#subjects", "8")
            page.fill("#workers", "1")
            page.get_by_role("button", name="Start", exact=True).click()
            page.wait_for_url("**/runs/*")
            until(lambda: any((root / "resynapse-runs").glob("*/parts")))
            parts = next((root / "resynapse-runs").glob("*/parts"))
            # the page itself notes when the n-th dot is there, so that asking it costs nothing
            page.evaluate(
                "window.seen = []; new MutationObserver(() => { const n = document.querySelector('.strip')"
                "?.querySelectorAll('.dot').length ?? 0;"
                "while (window.seen.length < n) window.seen.push(Date.now()); })"
                ".observe(document.querySelector('#live'), {childList: true, subtree: true})"
            )
            until(lambda: len(list(parts.glob("subject-*"))) == 8, within=600)
            page.locator(".strip >> nth=0 >> .dot >> nth=7").wait_for()
            seen = page.evaluate("window.seen")
            written = sorted(path.stat().st_mtime for path in parts.glob("subject-*"))
            waits = sorted(there / 1e3 - then for there, then in zip(seen, written, strict=True))
            said = f"median {waits[4]:.1f} s, longest {waits[-1]:.1f} s of 8"
            yield "from a part that is written to its dot", said, "2 s"
            page.locator(".status .state-finished").wait_for()
            browser.close()
    finally:
        laboratory.close()


def main() -> None:
    """Print the table."""
    sizes = compressed()
    composer = sizes.pop("composer.js")
    said = f"{sum(sizes.values()):.0f} kB; composer {composer:.0f} kB more"
    rows = [("scripts and styles, compressed", said, "250 kB")]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for number, measure in enumerate((started, sized, drawn)):
            root = Path(folder) / str(number)
            root.mkdir()
            rows += measure(root)
    load = os.getloadavg()[0]
    print(f"| what | measured (load {load:.0f}) | promised |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
