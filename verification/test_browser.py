"""A report in a real browser: wide and narrow, by axe's rules of access, sorted by a click.

Needs Chromium and `pip install 'resynapse[browser]'`; skipped, with the reason, where one of them is missing.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import resynapse as rs
from resynapse.report.report import report
from resynapse.report.run_data import RunData
from resynapse.report.sections.two_runs import versus

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="no playwright")
axe = pytest.importorskip("axe_playwright_python", reason="no axe-playwright-python")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


OPEN = "for (const one of document.querySelectorAll('details')) one.open = true"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    run_data = RunData.of(rs.run(rs.load("demo"), subjects=6, out=folder / "run").folder)
    for name, text in (("report", report(run_data)), ("versus", versus(run_data, run_data))):
        (folder / f"{name}.html").write_text(text, "utf-8")
    return {path.stem: path.as_uri() for path in folder.glob("*.html")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("name", ["report", "versus"])
def test_a_page_fits_says_no_error_loads_nothing_and_is_accessible(
    name: str, width: int, scheme: str, browser: Any, pages: dict[str, str]
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name])
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert said == []
    assert asked == [pages[name]]
    rules = next(Path(axe.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
    page.evaluate(rules)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    found = page.evaluate("axe.run({exclude: ['.picture svg *']})")["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:100]) for one in found] == []


def test_a_click_sorts_by_number_and_a_second_one_back(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(pages["report"])
    page.evaluate(OPEN)
    table = page.locator("#table-every-arm-condition-and-outcome")
    head = table.locator("thead th").nth(4)
    means = "node => [...node.querySelectorAll('tbody tr')].map(row => Number.parseFloat(row.cells[4].textContent))"
    head.locator("button").click()
    rising = table.evaluate(means)
    assert rising == sorted(rising)
    assert len(set(rising)) > 3
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert table.evaluate(means) == sorted(rising, reverse=True)


def test_a_column_of_conditions_sorts_by_the_counts_in_them(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(pages["report"])
    page.evaluate(OPEN)
    table = page.locator("#table-every-arm-condition-and-outcome")
    table.locator("thead th").nth(1).locator("button").click()
    found = table.evaluate("node => [...node.querySelectorAll('tbody tr')].map(row => row.cells[1].textContent)")
    counts = [int(match[1]) for text in found if (match := re.search(r"\(maintenance=(\d+)\)", text))]
    assert len(set(counts)) > 1
    assert counts == sorted(counts)


def test_a_table_is_saved_as_csv_with_the_disclaimer(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(pages["report"])
    page.evaluate(OPEN)
    with page.expect_download() as waiting:
        page.locator("#table-every-arm-condition-and-outcome .csv").click()
    text = Path(waiting.value.path()).read_text("utf-8")
    assert text.startswith("# Simulated output")
    assert '"arm","condition","outcome","n","mean"' in text


def test_an_address_opens_what_is_folded(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(f"{pages['report']}#table-every-arm-condition-and-outcome")
    assert page.locator("#table-every-arm-condition-and-outcome table").is_visible()


def test_a_word_is_explained_in_place_and_closed_again(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(pages["report"])
    term = page.locator("a.term").first
    for _ in range(2):
        term.click()
        assert page.locator(".gloss").count() == 1
        assert len(page.locator(".gloss").inner_text()) > 20
        term.press("Enter")
        assert page.locator(".gloss").count() == 0


def test_the_numbers_of_a_figure_are_saved_with_the_disclaimer(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(pages["report"])
    with page.expect_download() as waiting:
        page.locator("#figure-overview .numbers").click()
    lines = Path(waiting.value.path()).read_text("utf-8").splitlines()
    assert lines[0].startswith("# Simulated output")
    assert lines[1].startswith("arm,condition,outcome")
    assert len(lines) > 4


def test_print_cuts_no_table_and_leaves_only_long_tables_folded(browser: Any, pages: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 688, "height": 980})
    page.goto(pages["report"])
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    folded = page.locator("details:not([open])")
    assert folded.count() == page.locator(".table details").count() > 0
    page.evaluate(OPEN)
    cut = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth + 1).map(node => node.ariaLabel)"
    assert page.locator(".scroll").evaluate_all(cut) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
