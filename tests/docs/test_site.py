"""How pages are gathered, led and sealed; the build itself is `sphinx-build -W`, where warnings are errors."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from docs.extensions import contents, docstrings, seal

import resynapse as rs

ROOT = Path(__file__).parents[2]
INDEX = """# site
## Pages
### Start
- [One](one.md): a page.
- [Guide](../GUIDE.md): from the root.
### Learn
* [Two](deep/two.md): another.
## How
- [Elsewhere](elsewhere.md)
"""


def test_sections_are_the_lists_of_the_index() -> None:
    found = contents.sections(INDEX, {"index", "one", "deep/two", "elsewhere"})
    assert found == {"Start": ["one", "../GUIDE"], "Learn": ["deep/two"], "More": ["elsewhere"]}


def test_a_page_that_arrives_later_has_a_section() -> None:
    found = contents.sections(INDEX, {"index", "one", "deep/two", "statistics", "questions/a", "project/design/ties"})
    assert found["More"] == ["statistics"]
    assert found["Questions"] == ["questions/a"]
    assert found["Decisions"] == ["project/design/ties"]


@pytest.mark.parametrize(
    ("source", "target", "before", "after"),
    [
        ("docs/index.md", "docs/index.md", "[a](../GUIDE.md#x)", "[a](project/GUIDE.md#x)"),
        ("docs/index.md", "docs/index.md", "[a](model.md#x)", "[a](model.md#x)"),
        ("docs/index.md", "docs/index.md", "[a](../LICENSE)", "[a](../LICENSE)"),
        ("docs/index.md", "docs/index.md", "[a](https://doi.org/1)", "[a](https://doi.org/1)"),
        ("docs/index.md", "docs/index.md", "[a](#here)", "[a](#here)"),
        ("GUIDE.md", "docs/project/GUIDE.md", "[a](docs/model.md)", "[a](../model.md)"),
        ("GUIDE.md", "docs/project/GUIDE.md", "[a](design/ties.md)", "[a](design/ties.md)"),
        ("design/ties.md", "docs/project/design/ties.md", "[a](../tests/x.py)", "[a](../../../tests/x.py)"),
    ],
)
def test_links_still_lead_where_they_led(source: str, target: str, before: str, after: str) -> None:
    assert contents.led(before, source, target, ["GUIDE.md", "design/ties.md"]) == after


@pytest.mark.parametrize("name", ["README.md", "CONTEXT_OF_USE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_pages_at_the_root_lead_to_files(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s#:]+)[^):]*\)", (ROOT / name).read_text("utf-8")):
        assert (ROOT / target).exists(), f"{name}: {target}"


def test_a_page_without_the_disclaimer_or_with_something_from_elsewhere_is_refused() -> None:
    good = f"<p>{html.escape(rs.DISCLAIMER)}</p>"
    assert (
        seal.faults(good + '<a href="https://doi.org/1">a link fetches nothing</a><script src="a.js"></script>') == []
    )
    assert seal.faults("<p>a page</p>") == ["it lacks the disclaimer"]
    for part in (
        '<script src="https://a.b/c.js">',
        '<link rel="x" href="//a.b/c.css">',
        '<img src="http://a.b/c.png">',
    ):
        assert len(seal.faults(good + part)) == 1


def test_docstrings_of_the_house_become_field_lists() -> None:
    lines = [
        "Run.",
        "",
        "Parameters",
        "----------",
        "one, two : both",
        "    of them.",
        "",
        "Raises",
        "------",
        "E : why.",
        "",
        "Source: x.",
    ]
    assert [line for line in docstrings.fields(lines) if line] == [
        "Run.", ":param one,two: both", "    of them.", ":raises E: why.", "Source: x.",
    ]  # fmt: skip
