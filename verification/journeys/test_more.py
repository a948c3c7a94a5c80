"""The other journeys: cost, compare, what-if, claims, take away, teach, cluster."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import resynapse as rs
from resynapse.analysis.two_runs import between
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.lab.pages.take_away import PACKED, WRITTEN
from resynapse.lab.reading.charts import rounded
from verification.journeys.conftest import Laboratory, Visit, until, workspace
from verification.journeys.looks import looked_at, looked_at_here


def test_every_page_looks_right_also_dark_and_wide_or_light_and_narrow(browser: Any, filled: Laboratory) -> None:
    looked_at(browser, filled, ((1400, "dark"), (390, "light")))


def test_journey_3_the_cost_is_shown_before_the_start_and_a_large_run_is_confirmed(
    width: int, browser: Any, laboratory: Laboratory
) -> None:
    visit = Visit(browser, laboratory, width)
    page = visit.go("/protocols/library/demo")
    visit.type_into("#subjects", "4")
    visit.type_into("#workers", "1")
    visit.press("Tab")
    page.locator(".cost", has_text="at a time (").wait_for()
    said = page.locator(".cost").inner_text()
    assert {"memory", "on disk", "timed just now"} <= {w for w in ("memory", "on disk", "timed just now") if w in said}
    visit.go("/protocols/library/demo")
    visit.type_into("#subjects", "90000")
    visit.press("Enter")
    page.get_by_role("button", name="Start it all the same").wait_for()
    assert page.get_by_role("button", name="Start it all the same").evaluate("node => node === document.activeElement")
    assert not (laboratory.root / "resynapse-runs").exists()


def test_numbers_are_drawn_and_rounds_are_counted_by_form_and_keyboard(
    width: int, browser: Any, laboratory: Laboratory
) -> None:
    visit = Visit(browser, laboratory, width)
    page = visit.go("/compose/small")
    file = laboratory.root / "protocols" / "small.yaml"
    page.locator("[role=treeitem]").first.wait_for()
    visit.tab_to("[role=treeitem]")
    while "prune" not in page.locator("[role=treeitem]:focus > .tree-label").inner_text():
        visit.press("ArrowDown")
    page.locator("#field-prune-sparsity-shape").wait_for()
    visit.tab_to("#field-prune-sparsity-shape")
    visit.press("ArrowDown")
    page.locator("#field-prune-sparsity-uniform-0").wait_for()
    assert page.locator("#field-prune-sparsity-shape:focus").count() == 1
    visit.tab_to("#field-prune-sparsity-uniform-0")
    page.keyboard.type("0.8")
    visit.press("Tab")
    until(lambda: [d.numbers[0] for node in rs.load(file).induction for _, d in node.draws] == [0.8])
    about = page.locator("#field-prune-sparsity-uniform-0-about").inner_text()
    assert "range: 0 or more, below 1" in about
    page.select_option("#kind", "repeat")
    page.get_by_role("button", name="Add step").press("Enter")
    page.locator("#field-repeat-round-to").wait_for()
    visit.tab_to("#field-repeat-round-to")
    page.keyboard.type("4")
    visit.press("Tab")
    until(lambda: "round: {from: 1, to: 4}" in file.read_text("utf-8"))
    page.locator("#saved", has_text="saved").wait_for()
    assert sum(node.step is not None and node.step.kind == "assess" for node in rs.load(file).induction) >= 4
    visit.nothing_went_wrong()


def test_a_step_is_marked_in_the_text_and_the_cursor_marks_the_step_in_the_tree(
    width: int, browser: Any, laboratory: Laboratory
) -> None:
    visit = Visit(browser, laboratory, width)
    page = visit.go("/compose/small")
    page.locator("[role=treeitem]").first.wait_for()
    visit.tab_to("[role=treeitem]")
    visit.press("End")
    step = page.locator("[role=treeitem]:focus > .tree-label").inner_text()
    marked = page.locator(".cm-chosen")
    until(lambda: marked.count() > 0 and step.split()[0] in marked.first.inner_text())
    box, pane = marked.first.bounding_box(), page.locator(".cm-scroller").bounding_box()
    assert box is not None
    assert pane is not None
    assert pane["y"] <= box["y"] < pane["y"] + pane["height"]
    assert page.locator("[role=treeitem]:focus > .tree-label").inner_text() == step
    page.locator(".cm-content").focus()
    visit.press("Control+Home")
    here = "getSelection().anchorNode.parentElement.closest('.cm-line').innerText"
    while "- train" not in page.evaluate(here):
        visit.press("ArrowDown")
    chosen = page.locator("[role=treeitem][aria-selected=true]")
    until(lambda: chosen.locator("> .tree-label").inner_text().startswith("train"))
    assert page.locator(".cm-content:focus").count() == 1
    page.locator("#form h3", has_text="train").wait_for()
    looked_at_here(page)
    visit.nothing_went_wrong()


def test_journey_5_two_runs_show_the_numbers_of_the_analysis(width: int, browser: Any, filled: Laboratory) -> None:
    visit = Visit(browser, filled, width)
    page = visit.go("/compare")
    for label, name in (("First run", "small-seed0"), ("Second run", "small-seed1")):
        page.get_by_label(label).select_option(label=name)
    page.get_by_role("button", name="Compare").press("Enter")
    page.locator("[data-chart]").wait_for()
    runs = [rs.Run(filled.root / "resynapse-runs" / f"small-seed{seed}") for seed in (0, 1)]
    cells = {(c.arm, c.condition, c.outcome): c for c in between(runs[0].table(), runs[1].table(), paired=False)}
    cell = cells["ketamine", "acute", "acc_combined"]
    row = page.locator("main > .scroll tr", has_text="ketamine").first.inner_text()
    assert rounded(cell.difference, 1, signed=True) in row
    assert rounded(cell.first_mean, 1) in row
    visit.nothing_went_wrong()


def test_journey_6_a_changed_value_is_answered_with_the_control_that_is_proposed(
    width: int, browser: Any, filled: Laboratory
) -> None:
    visit = Visit(browser, filled, width)
    page = visit.go("/runs?q=small-seed0")
    page.locator(".row-link").first.click()
    page.locator(".tabs").get_by_text("What if").click()
    visit.choose("#path", "neurosteroid epochs")
    page.locator(".proposed", has_text="Proposed: sham").wait_for()
    assert page.locator("#arm").input_value() == "neurosteroid"
    visit.choose("#path", "ketamine gain")
    page.locator(".proposed", has_text="Proposed: gain-only").wait_for()
    assert "keeps the change and takes regrow and train away" in page.locator(".proposed").inner_text()
    assert page.locator("#arm").input_value() == "ketamine"
    assert page.input_value("#control") == "gain-only"
    visit.tab_to("#value")
    page.keyboard.type("3")
    visit.tab_to("[data-more-changes]")
    visit.press("Enter")
    visit.choose("#path-2", "ketamine epochs")
    visit.tab_to("#value-2")
    page.keyboard.type("4")
    visit.press("Enter")
    page.wait_for_url("**/compare?*")
    page.locator(".answer").wait_for()
    assert "With the control gain-only" in page.locator(".answer").inner_text()
    each = page.get_by_role("region", name="Each change by itself").inner_text()
    assert "gain" in each
    assert "epochs" in each
    for link in page.get_by_role("link", name="take away").all():
        assert link.get_attribute("href")
    visit.nothing_went_wrong()


def test_a_long_list_of_values_is_searched_by_words_and_says_rounds_once(
    width: int, browser: Any, filled: Laboratory
) -> None:
    visit = Visit(browser, filled, width)
    page = visit.go("/protocols/library/repeated-courses/whatif")
    visit.tab_to("#path")
    options = page.locator("[role=option]")
    page.keyboard.type("every 4th gain")
    page.locator("[role=option] >> nth=0").wait_for()
    assert options.count() == 1
    assert "in all 9 rounds" in options.inner_text()
    looked_at_here(page)
    visit.press("Enter")
    page.locator("#control-why", has_text="Proposed").wait_for()
    every = page.input_value("#path-chosen")
    assert "in all 9 rounds" in page.locator("#about").inner_text()
    visit.press("Control+a")
    page.keyboard.type("every 4th gain round 4")
    until(lambda: options.count() == 1)
    visit.press("Enter")
    assert page.input_value("#path-chosen") in {
        every.replace(every[every.index("[") :], f"[{n}].drug.gain") for n in range(99)
    }
    page.keyboard.type("nosuchword")
    page.locator("#path-count", has_text="No value has these words").wait_for()
    visit.press("Escape")
    assert "round 4" in page.input_value("#path")
    visit.press("ArrowDown")
    assert options.count() == page.locator("#path-chosen optgroup option").count()
    visit.nothing_went_wrong()


def test_a_changed_value_without_a_control_says_so(browser: Any, filled: Laboratory) -> None:
    visit = Visit(browser, filled, 390)
    page = visit.go("/runs?q=small-seed0")
    page.locator(".row-link", has_text="small-seed0").first.click()
    page.locator(".tabs").get_by_text("What if").click()
    visit.choose("#path", "ketamine gain")
    page.fill("#value", "2")
    page.select_option("#control", "none")
    page.get_by_role("button", name="Run it").click()
    page.wait_for_url("**/compare?*")
    assert "o control chosen" in page.locator("main").inner_text()
    page.locator(".answer").wait_for()
    assert "No control chosen" in page.locator(".answer").inner_text()


def test_journey_7_a_claim_leads_to_verdict_run_and_command(width: int, browser: Any, laboratory: Laboratory) -> None:
    from tests.miniatures import miniature

    run = rs.run(miniature("switch-relapse"), subjects=3, out=laboratory.root / "resynapse-runs" / "claims")
    visit = Visit(browser, laboratory, width)
    page = visit.go("/runs")
    visit.follow(".row-link")
    page.locator(".tabs").wait_for()
    visit.follow(".tabs a[href$='/audit']")
    page.locator(".claim").first.wait_for(state="attached")
    assert page.locator(".claim").count() >= len(rs.audit(run).claims)
    ledger = page.locator(".claim >> nth=0 >> a", has_text="its row in the ledger")
    row = page.locator(str(ledger.get_attribute("href")))
    ledger.press("Enter")
    row.wait_for()
    page.locator(".claim >> nth=0 >> dd a").first.press("Enter")
    page.locator("[data-chart]").wait_for()
    assert page.locator(".dot").count() > 0
    page.go_back()
    page.locator(".claim").first.wait_for(state="attached")
    visit.follow(".tabs a[href$='/take']")
    page.locator(".copy code").first.wait_for()
    assert "resynapse run" in page.locator(".copy code").first.inner_text()


def test_journey_8_the_log_of_a_session_replays_to_equal_values(
    width: int, browser: Any, laboratory: Laboratory, tmp_path: Path
) -> None:
    visit = Visit(browser, laboratory, width)
    page = visit.go("/protocols/mine/small")
    visit.type_into("#subjects", "3")
    visit.press("Enter")
    page.wait_for_url("**/runs/*")
    page.locator(".status .state-finished").wait_for()
    (folder,) = (laboratory.root / "resynapse-runs").iterdir()
    again = tmp_path / "again"
    again.mkdir()
    subprocess.run(["sh", str(laboratory.root / "lab.sh")], cwd=again, check=True, capture_output=True)
    (other,) = (again / "resynapse-runs").iterdir()
    assert rs.Run(other).table().equals(rs.Run(folder).table())
    assert rs.Run(other).manifest.results == rs.Run(folder).manifest.results
    visit.follow(".tabs a[href$='/take']")
    page.locator("a[href$='/crate.zip']").wait_for()
    names = page.eval_on_selector_all(".files strong", "nodes => nodes.map(node => node.innerText)")
    assert names == [*WRITTEN, *PACKED]
    for name in names:
        with page.expect_download() as waiting:
            page.locator(f"a[href$='/{name}']").press("Enter")
        assert waiting.value.suggested_filename == f"{folder.name}-{name}"
        saved = Path(waiting.value.path())
        if saved.read_bytes()[:2] == b"PK":
            with zipfile.ZipFile(saved) as archive:
                kept = [one for one in archive.namelist() if one.endswith((".html", ".svg", ".csv"))]
                assert all("not clinical advice" in archive.read(one).decode() for one in kept)
            continue
        text = saved.read_text("utf-8")
        assert "not clinical advice" in text
        if name == "protocol.yaml":
            assert rs.loads(text) == rs.Run(folder).protocol


def test_journey_9_a_class_reads_and_takes_the_story_home(width: int, browser: Any, tmp_path: Path) -> None:
    laboratory = Laboratory(workspace(tmp_path / "work", runs=1), "--read-only")
    try:
        visit = Visit(browser, laboratory, width)
        page = visit.go("/protocols/library/demo")
        assert page.locator("form[data-post]").count() == 0
        page = visit.go("/story/switch-relapse/1")
        with page.expect_download() as waiting:
            visit.follow(".contents a[href$='/page']")
        saved = tmp_path / "story.html"
        waiting.value.save_as(saved)
    finally:
        laboratory.close()
    context = browser.new_context(offline=True)
    alone = context.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(saved.as_uri())
    assert asked == [saved.as_uri()]
    assert alone.locator("article").count() == 8
    assert alone.locator(".dot").count() > 200
    assert SHORT_DISCLAIMER in alone.inner_text("body")


@pytest.fixture
def proxied(laboratory: Laboratory) -> Iterator[str]:
    """A proxy that strips the prefix /user/me/lab and holds every answer back until it is whole."""
    script = Path(__file__).with_name("buffering_proxy.py")
    words = [sys.executable, str(script), laboratory.base.rpartition(":")[2], "/user/me/lab"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        yield f"http://localhost:{child.stdout.readline().strip()}/user/me/lab"
        child.kill()


def test_journey_10_behind_a_buffering_proxy_with_a_prefix_the_page_polls(
    width: int, browser: Any, laboratory: Laboratory, proxied: str
) -> None:
    token = laboratory.url.partition("?")[2]
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{proxied}/?{token}")
    page.goto(f"{proxied}/protocols/mine/small")
    page.fill("#subjects", "3")
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    page.wait_for_url("**/user/me/lab/runs/*")
    page.locator("[data-watched='by polling']").wait_for()
    page.locator(".status .state-finished").wait_for()
    assert page.locator(".dot").count() > 0


def test_two_tabs_do_not_lose_each_others_words(browser: Any, laboratory: Laboratory) -> None:
    first, second = Visit(browser, laboratory, 1400), Visit(browser, laboratory, 1400)
    for visit in (first, second):
        visit.go("/compose/small").locator("[role=treeitem]").first.wait_for()
    for visit, word in ((first, "one"), (second, "two")):
        visit.page.locator(".cm-content").focus()
        visit.press("Control+End")
        visit.page.keyboard.type(f"# {word}\n")
        if word == "one":
            visit.page.locator("#saved", has_text="not saved").wait_for()
            until(lambda: "# one" in (laboratory.root / "protocols" / "small.yaml").read_text("utf-8"))
    second.page.locator("#conflict").wait_for()
    assert "# two" not in (laboratory.root / "protocols" / "small.yaml").read_text("utf-8")
    second.page.get_by_role("button", name="Keep mine").click()
    until(lambda: "# two" in (laboratory.root / "protocols" / "small.yaml").read_text("utf-8"))


def test_a_subject_is_drawn_soon_after_its_part_is_written(browser: Any, laboratory: Laboratory) -> None:
    visit = Visit(browser, laboratory, 1400)
    page = visit.go("/protocols/library/demo")
    page.fill("#subjects", "4")
    page.fill("#workers", "1")
    visit.press("Enter")
    page.wait_for_url("**/runs/*")
    page.locator(".dot").first.wait_for()
    folder = next((laboratory.root / "resynapse-runs").iterdir())
    there = len(list(folder.glob("parts/subject-*")))
    until(lambda: len(list(folder.glob("parts/subject-*"))) > there)
    written = time.monotonic()
    page.locator(f".strip >> nth=0 >> .dot >> nth={there}").wait_for()
    assert time.monotonic() - written < 2.0


def test_journey_2_is_possible_with_the_mouse_too(browser: Any, laboratory: Laboratory) -> None:
    visit = Visit(browser, laboratory, 1400)
    page = visit.go("/compose/small")
    file = laboratory.root / "protocols" / "small.yaml"
    before = rs.load(file)
    page.locator(".tree-label", has_text="drug gain 1.25").click()
    page.get_by_role("button", name="Duplicate").click()
    until(lambda: len(rs.load(file).arms["ketamine"]) == len(before.arms["ketamine"]) + 1)
    page.get_by_role("button", name="Remove", exact=True).click()
    until(lambda: rs.load(file).arms == before.arms)
    page.locator(".tree-label", has_text="drug gain 1.25").click()
    page.locator("#field-drug-gain").click()
    page.fill("#field-drug-gain", "1.5")
    page.locator("h1").click()
    until(lambda: "1.5" in str(rs.load(file).arms["ketamine"][0]))
    page.get_by_role("button", name="Undo").click()
    until(lambda: rs.load(file).arms == before.arms)
    visit.nothing_went_wrong()


def test_the_core_journeys_need_no_network() -> None:
    """The story, the composer and a run that is watched, in a name space that has the loopback interface alone."""
    alone = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    possible = shutil.which("unshare") and shutil.which("ip")
    if not possible or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no name space without a network")
    core = str(Path(__file__).with_name("test_core.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", core, "-k", "journey"]
    done = subprocess.run([*alone, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "skipped" not in done.stdout
