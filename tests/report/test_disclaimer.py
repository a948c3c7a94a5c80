"""No report, no figure and no export is made without the disclaimer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import polars as pl
import pytest

import resynapse.report
from resynapse.disclaimer import DISCLAIMER, SHORT_DISCLAIMER
from resynapse.report.export import export
from resynapse.report.figures import FIGURES, draw
from resynapse.report.figures.style import render
from resynapse.report.run_data import RunData
from resynapse.report.sections.two_runs import versus

ROOM = Path(resynapse.report.__file__).parent


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_carries_it_as_text(name: str, run_data: RunData) -> None:
    drawn = draw(run_data, name)
    svg = re.sub(r"<metadata>.*?</metadata>", "", render(drawn, "svg").decode(), flags=re.DOTALL)
    assert DISCLAIMER in _words(svg)
    assert (
        _words(render(drawn, "svg").decode()).count("No patient data were used.") == 2
    )  # drawn once, and in the metadata


@pytest.mark.parametrize("format", ["pdf", "png"])
def test_it_is_in_the_metadata_of_other_formats(format: str, run_data: RunData) -> None:
    content = render(draw(run_data, "trial"), format)  # type: ignore[arg-type]
    assert b"not clinical advice" in content
    bare = draw(run_data, "trial").figure.get_size_inches()[1]
    drawn = draw(run_data, "trial")
    render(drawn, format)  # type: ignore[arg-type]
    assert drawn.figure.get_size_inches()[1] > bare
    assert " ".join(t.get_text() for t in drawn.figure.texts if t.get_gid()).endswith(DISCLAIMER)


def test_every_page_carries_it_twice(run_data: RunData, html: str) -> None:
    for page in (html, versus(run_data, run_data)):
        body = page[page.index("<body>") :]
        assert body.count(DISCLAIMER) >= 2


def test_every_export_carries_it(run_data: RunData, tmp_path: Path) -> None:
    written = export(run_data, tmp_path / "out")
    assert DISCLAIMER in (tmp_path / "out" / "README.txt").read_text()
    assert {path.suffix for path in written} == {".csv", ".tex", ".txt"}
    for path in written:
        if path.suffix == ".tex":
            assert DISCLAIMER in path.read_text()
            assert SHORT_DISCLAIMER in path.read_text()
        if path.suffix == ".csv":
            table = pl.read_csv(path, infer_schema_length=None)
            assert table.columns[-1] == "disclaimer"
            assert table["disclaimer"].unique().to_list() == [SHORT_DISCLAIMER]


@pytest.mark.parametrize(("verb", "home"), [("savefig", "figures/style.py"), ("from_string", "page/page.py")])
def test_there_is_one_way_to_a_file(verb: str, home: str) -> None:
    users = {
        path.relative_to(ROOM).as_posix()
        for path in ROOM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == verb
    }
    assert users == {home}
