"""A laboratory as a user starts it, and Chromium in front of it.

Needs Chromium and `pip install 'resynapse[browser,lab]'`; skipped, with the reason, where one of them is missing.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.protocol import dumps

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PATIENCE = 120_000


class Laboratory:
    """One server over one workspace; it can be killed and started again."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root, self.options = root, options
        self.start()

    def start(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "resynapse", "lab", str(self.root), "--no-browser", *self.options],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.child.stdout is not None
        for line in self.child.stdout:
            found = re.search(r"(http://\S+/)\S*\?token=(\S+)", line)
            if found:
                self.base, self.url = found[1].rstrip("/"), found[0]
                return
        raise AssertionError("the laboratory did not start")

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()
        self._let_go()

    def _let_go(self) -> None:
        assert self.child.stdout is not None
        self.child.stdout.close()

    def close(self) -> None:
        self.child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(20)
        self.kill()


class Visit:
    """One page of a browser that remembers what was said in its console and what it asked for."""

    def __init__(self, browser: Any, laboratory: Laboratory, width: int, theme: str = "light") -> None:
        self.laboratory = laboratory
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(laboratory.url)

    def go(self, path: str) -> Any:
        self.page.goto(self.laboratory.base + path)
        return self.page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, selector: str, most: int = 200) -> None:
        """Reach an element by Tab alone."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"{selector} cannot be reached by keyboard")

    def follow(self, selector: str) -> None:
        """Reach a link or a button by Tab, and press it."""
        self.tab_to(selector)
        self.page.keyboard.press("Enter")

    def type_into(self, selector: str, text: str) -> None:
        """Reach a field by Tab and replace what it says."""
        self.tab_to(selector)
        self.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, selector: str, words: str) -> None:
        """Search a long list by words and take the first that has them, by keyboard."""
        self.page.focus(f"{selector}[role=combobox]")
        self.page.keyboard.type(words)
        self.page.locator("[role=option][aria-selected=true]").wait_for()
        self.press("Enter")

    def nothing_went_wrong(self) -> None:
        assert [text for text in self.said if "ERR_CONNECTION" not in text] == []
        here = (self.laboratory.base, "blob:", "data:")
        assert [url for url in self.asked if not url.startswith(here)] == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


def workspace(folder: Path, runs: int = 0) -> Path:
    """A workspace with a small protocol, and finished runs of it."""
    small = miniature("demo", most=6)
    (folder / "protocols").mkdir(parents=True)
    (folder / "protocols" / "small.yaml").write_text(dumps(small), "utf-8")
    (folder / "protocols" / "broken.yaml").write_text("name: broken\narms: {one: [prune: {sparsty: 0.9}]}\n", "utf-8")
    for seed in range(runs):
        rs.run(small, subjects=6, seed=seed, out=folder / "resynapse-runs" / f"small-seed{seed}")
    return folder


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    made = Laboratory(workspace(tmp_path / "work"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A laboratory with two finished runs; journeys here add to it and take nothing away."""
    made = Laboratory(workspace(tmp_path_factory.mktemp("filled") / "work", runs=2))
    yield made
    made.close()


@pytest.fixture(params=[1400, 390])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def until(condition: Any, within: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)
