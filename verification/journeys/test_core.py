"""The journeys that run at every change: story, composer, a run that is watched, stopped, killed and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import resynapse as rs
from resynapse.disclaimer import SHORT_DISCLAIMER
from verification.journeys.conftest import Laboratory, Visit, until
from verification.journeys.looks import looked_at


def test_every_page_fits_is_accessible_says_no_error_and_asks_nobody_else(browser: Any, filled: Laboratory) -> None:
    looked_at(browser, filled, ((1400, "light"), (390, "dark")))


def test_journey_1_the_story_is_read_to_its_end_by_keyboard(width: int, browser: Any, filled: Laboratory) -> None:
    visit = Visit(browser, filled, width)
    page = visit.go("/")
    visit.tab_to("a[href='story']")
    visit.press("Enter")
    page.wait_for_url("**/story/switch-relapse/1")
    titles = []
    while True:
        titles.append(page.locator("h1").inner_text())
        assert SHORT_DISCLAIMER in page.locator("footer").inner_text()
        assert page.locator("blockquote").count() == 1
        assert page.locator(".knob").count() == 1
        if page.locator("a[rel=next]").count() == 0:
            break
        assert page.locator(".dot").count() > 40
        visit.tab_to("a[rel=next]")
        visit.press("Enter")
        page.wait_for_url(f"**/story/switch-relapse/{len(titles) + 1}")
    assert len(titles) == len(set(titles)) == 8
    visit.nothing_went_wrong()


def test_journey_2_steps_are_composed_by_keyboard_and_every_view_is_one_document(
    width: int, browser: Any, filled: Laboratory
) -> None:
    visit = Visit(browser, filled, width)
    page = visit.go("/protocols/library/demo")
    page.fill("#copy", f"mine-{width}")
    visit.press("Enter")
    page.wait_for_url(f"**/compose/mine-{width}")
    page.locator("[role=treeitem]").first.wait_for()
    visit.tab_to("[role=treeitem]")
    file = filled.root / "protocols" / f"mine-{width}.yaml"
    before = rs.load(file)
    while "drug" not in page.locator("[role=treeitem]:focus > .tree-label").inner_text():
        visit.press("ArrowDown")
    page.locator("#field-drug-gain").wait_for()
    about = page.locator("#field-drug-gain-about").inner_text()
    assert "range: above 0" in about
    assert "assumed" in about
    visit.press("Control+d")
    until(lambda: len(rs.load(file).arms["ketamine"]) == len(before.arms["ketamine"]) + 1)
    page.locator("#saved", has_text="saved").wait_for()
    visit.press("Alt+ArrowDown")
    until(
        lambda: [n.step.kind for n in rs.load(file).arms["ketamine"] if n.step] == ["drug", "regrow", "drug", "train"]
    )
    visit.press("Delete")
    until(lambda: rs.load(file).arms == before.arms)
    page.fill("#field-train-epochs, #field-drug-gain", "9")
    visit.press("Tab")
    page.locator("#differences li").first.wait_for()
    assert "9" in page.locator("#differences").inner_text()
    page.locator("#undo").focus()
    visit.press("Enter")
    until(lambda: rs.load(file).arms == before.arms)
    page.locator(".cm-content").focus()
    visit.press("Control+End")
    page.keyboard.type("nonsense: 1\n")
    page.locator("#problem", has_text="nonsense").wait_for()
    assert page.locator(".cm-lint-marker-error").count() == 1
    page.locator("#saved", has_text="saved").wait_for()
    page.reload()
    page.locator(".cm-content").wait_for()
    assert "nonsense: 1" in page.locator("#source").input_value()
    visit.nothing_went_wrong()


def test_journey_4_a_run_is_watched_stopped_killed_resumed_and_equal_to_the_command_line(
    browser: Any, laboratory: Laboratory, tmp_path: Path
) -> None:
    visit = Visit(browser, laboratory, 1400)
    page = visit.go("/protocols/library/demo")
    page.fill("#subjects", "40")  # long enough to be stopped in its middle
    page.fill("#workers", "1")
    visit.press("Enter")
    page.wait_for_url("**/runs/*")
    path = page.url.removeprefix(laboratory.base)
    page.locator(".dot").first.wait_for()
    assert "not yet a result" in page.locator(".note").inner_text()
    page.get_by_role("button", name="Stop").click()
    page.locator(".status .state-stopped").wait_for()
    page.get_by_role("button", name="Go on").click()
    page.locator(".status .state-running, .status .state-finished").wait_for()

    laboratory.kill()
    (folder,) = (laboratory.root / "resynapse-runs").iterdir()
    laboratory.start()
    visit = Visit(browser, laboratory, 390)
    page = visit.go(path)
    page.locator(".status .state-running, .status .state-finished").wait_for()
    if page.locator(".status .state-running").count():
        from resynapse.runs.job import find

        job = find(folder)
        assert job is not None
        import os
        import signal

        os.kill(job.process.pid, signal.SIGKILL)
        page.locator(".status .state-stopped").wait_for()
        visit.follow(".status button.primary")
    page.locator(".status .state-finished").wait_for()
    found = rs.Run(folder).table()
    assert found.equals(rs.run(rs.load("demo"), subjects=40, out=tmp_path / "command").table())
    visit.nothing_went_wrong()
