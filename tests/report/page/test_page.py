"""A report is a sound page: balanced, with named pictures and ordered headings, and it loads nothing from anywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib import resources
from itertools import pairwise

import pytest
from tests.report.pages import Page

from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.page import page as pages
from resynapse.report.page.page import LARGEST, MOST, page, prose
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable


@pytest.fixture(scope="module")
def read(html: str) -> Page:
    return Page.of(html)


def test_it_loads_nothing(html: str, read: Page) -> None:
    assert [address for address in read.loads if not address.startswith("data:")] == []
    assert not re.search(r"@import|url\((?!#)", html)
    assert "<iframe" not in html


def test_every_id_stands_once_and_every_link_within_leads_somewhere(read: Page) -> None:
    assert len(read.ids) == len(set(read.ids))
    assert {target[1:] for target in read.targets} <= set(read.ids)


def test_headings_begin_with_one_title_and_skip_no_level(read: Page) -> None:
    assert read.headings[0] == 1
    assert read.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(read.headings))


def test_every_picture_has_its_words(read: Page) -> None:
    assert read.unnamed == []


def test_every_row_has_as_many_cells_as_its_header(read: Page) -> None:
    assert read.rows
    for table in read.rows:
        assert len(set(table)) == 1


def test_it_is_small(html: str) -> None:
    assert len(html.encode()) <= LARGEST


def test_tables_give_way_where_a_page_would_be_too_large() -> None:
    rows = tuple((f"{i}", "x" * 900) for i in range(MOST[0]))
    tables = tuple(TextTable(f"long {i}", ("n", "text"), rows) for i in range(4))
    made = page("a", "b", [Section(title="c", tables=tables)])
    assert len(made.encode()) <= LARGEST
    kept = {len(table) - 1 for table in Page.of(made).rows}
    assert kept == {max(most for most in MOST if 4 * most * 900 < LARGEST)}
    assert f"The first {kept.pop()} of {MOST[0]} rows" in made


def test_what_was_written_by_others_stays_text() -> None:
    nasty = "<script>alert(1)</script>"
    made = page(
        nasty, nasty, [Section(title=nasty, points=(nasty,), tables=(TextTable(nasty, (nasty,), ((nasty,),)),))]
    )
    Page.of(made)
    assert nasty not in made
    assert str(prose("`<b>`")) == "<code>&lt;b&gt;</code>"


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = tuple((str(i),) for i in range(MOST[0] + 3))
    made = page("a", "b", [Section(title="c", tables=(TextTable("long", ("n",), rows),))])
    assert f"The first {MOST[0]} of {MOST[0] + 3} rows" in made
    assert len(Page.of(made).rows[0]) == MOST[0] + 1
    assert f">CSV of {MOST[0]} rows</button>" in made
    whole = page("a", "b", [Section(title="c", tables=(TextTable("long", ("n",), rows[: MOST[0]]),))])
    assert ">CSV</button>" in whole


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
@pytest.mark.parametrize(
    "rising",
    [
        ["acute", "maintenance=25", "maintenance=100", "off"],
        ["course=3,5", "course=3,15", "course=15,5"],
        ["noise=0.25", "noise=0.5", "noise=1.5"],
        ["[-3.20, 1.00]", "[0.500, 2.00]", "[10.0, 12.0]", "no value"],
        ["<0.001", "0.020", "0.500"],
        ["-1.50e-05", "2.00", "+10.0"],
        ["2 of 10", "10 of 10"],
    ],
)
def test_columns_sort_by_the_numbers_in_them(rising: list[str]) -> None:
    script = (resources.files("resynapse.report.page") / "templates" / "page.js").read_text("utf-8")
    bare = (
        "const document = {querySelector: () => ({textContent: ''}), querySelectorAll: () => []};"
        "const location = {hash: ''}; const addEventListener = () => {}; const matchMedia = () => ({});"
    )
    run = f"{bare}\n{script}\nconsole.log(JSON.stringify({json.dumps(rising[::-1])}.sort(order)));"
    done = subprocess.run(["node", "-e", run], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == rising


def test_sections_with_nothing_in_them_are_left_out() -> None:
    made = page("a", "b", [Section(title="Empty"), Section(title="Full", sentences=("s",))])
    assert "Empty" not in made
    assert "Full" in made


def test_two_tables_of_one_title_have_two_ids() -> None:
    table = TextTable("same", ("n",), (("1",),))
    assert Page.of(page("a", "b", [Section(title="c", tables=(table, table))])).ids == [
        "top",
        "c",
        "table-same",
        "table-same-2",
    ]


def test_a_page_without_the_disclaimer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from jinja2 import Template

    monkeypatch.setattr(pages, "_template", lambda: Template("<p>{{ title }}</p>"))
    with pytest.raises(ResynapseError, match="does not carry the disclaimer"):
        page(DISCLAIMER, "", [])
