"""The report of a run: what stands in it, and what it says where there is little to say."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from tests.report.conftest import Stated
from tests.report.pages import Page, words_of

import resynapse as rs
from resynapse.clinical.model_answers import PROBE
from resynapse.errors import RunFolderError
from resynapse.protocol import dump, parse
from resynapse.report import report as reports
from resynapse.report.figures import draw
from resynapse.report.figures.style import render
from resynapse.report.page.section import Picture
from resynapse.report.report import flow, report
from resynapse.report.run_data import RunData
from resynapse.report.sections.agreement import agreement_words
from resynapse.report.sections.opening import opening
from resynapse.report.sections.provenance import command_to_reproduce
from resynapse.report.sections.results import leading_table
from resynapse.runs.store.folder import RunFolder

SECTIONS = (
    "Resilience, and the course afterwards", "What was found", "Results", "What the conclusions rest on",
    "Comparison with the publication", "Beside clinical findings", "Methods", "Limitations", "How to cite",
    "Provenance", "Glossary",
)  # fmt: skip


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of words, which need not wait for drawings."""
    drawn = Picture(name="trial", title="t", caption="c", svg="")
    monkeypatch.setattr(reports, "networks", lambda _: nullcontext())
    monkeypatch.setattr(reports, "every_picture", lambda *_: {"trial": drawn})


def _titles(html: str) -> list[str]:
    return re.findall(r"<h2>([^<]+)</h2>", html)


def test_every_part_is_there_in_order(html: str) -> None:
    assert tuple(_titles(html)) == SECTIONS


def test_claims_that_a_run_cannot_answer_are_said_to_be_so(html: str) -> None:
    # the run has none of the article's neurosteroid-like arm
    assert "Its claims cannot be judged by this run: " in html
    assert "claim near-ceiling: protocol switch-relapse has no arm 'neurosteroid'" in words_of(html)


def test_the_first_screen_carries_numbers_of_the_table(run_data: RunData) -> None:
    made = opening(run_data, None)
    text = " ".join((made.headline, *(one.sentence for one in made.findings)))
    mean = run_data.table.filter(
        (run_data.table["arm"] == "untreated") & (run_data.table["outcome"] == "acc_combined")
        & (run_data.table["condition"] == "acute")
    )["value"].mean()  # fmt: skip
    assert f"untreated ({mean:.1f} %)" in text
    assert "7 simulated networks" in made.ran
    assert "through 3 arms" in made.ran


def test_a_run_that_is_no_replication_says_so(html: str) -> None:
    assert "NOT a replication" in html


def test_methods_are_those_of_the_protocol(html: str) -> None:
    for words in ("prune to 90 % sparsity", "regrow 50 % of the pruned connections by gradient over 3 batches",
                  "washout: 50 steps", "root seed 0", "2-24-20-12-4"):  # fmt: skip
        assert words in html


def test_a_clinical_question_shows_both_sides_and_what_is_absent(html: str) -> None:
    asked = html[html.index("Is switching more frequent on the drug than without it?</h3></summary>") :]
    found = re.findall(r"<th>(yes|no)<", asked[: asked.index("<h3>Does a mood stabiliser")])
    assert found.count("yes") >= 2
    assert found.count("no") >= 2
    for said in ("Only directions and rank orders are compared", "bipolar disorder was excluded", "not verified"):
        assert said in html


def test_the_command_reproduces_the_run(run_data: RunData, tmp_path: Path) -> None:
    needs, command = command_to_reproduce(run_data)
    assert needs == "Save the protocol file, which stands under Methods, as switch-relapse.yaml first."
    assert command == (
        "resynapse run switch-relapse.yaml --subjects 7 --seed 0 --engine compiled --out switch-relapse-again"
    )
    demo = rs.run(rs.load("demo").only(["untreated"]), subjects=1, out=tmp_path / "demo")
    assert command_to_reproduce(RunData.of(demo.folder))[0]


@pytest.mark.usefixtures("without_figures")
def test_an_unfinished_run_says_how_many_are_to_come(stated: Stated, small: rs.Protocol) -> None:
    values = {("untreated", "acute", "acc_combined"): [50.0, 51.0, 60.0]}
    run_data = RunData.of(stated(small, values, cohort=9))
    html = report(run_data)
    Page.of(html)
    assert "6 of 9 simulated subjects are still to come" in html
    assert "3 finished of 9" in html


def test_one_subject_has_no_interval_and_that_is_said(stated: Stated, small: rs.Protocol) -> None:
    values = {(arm, "acute", "acc_combined"): [v] for arm, v in (("untreated", 40.0), ("ketamine", 90.0))}
    html = report(RunData.of(stated(small, values)))
    Page.of(html)
    assert "One subject: no interval, no spread and no test." in html
    assert "one simulated network" in html


def test_outcomes_that_do_not_vary_and_outcomes_that_an_arm_lacks(stated: Stated, small: rs.Protocol) -> None:
    values = {
        ("untreated", "acute", "acc_combined"): [50.0] * 7,
        ("ketamine", "acute", "acc_combined"): [50.0] * 7,
        ("ketamine", "acute", "acc_biased_1.0"): [50.0, 51.0, 52.0, 53.0, None, None, None],
    }
    run_data = RunData.of(stated(small, values))
    html = report(run_data)
    Page.of(html)
    assert "2 of 3 cells do not vary over subjects" in html
    assert flow(run_data).rows == (("untreated", "7", "7", "7"), ("ketamine-like", "7", "7", "4 to 7"))


def test_figures_do_not_grow_with_the_cohort(stated: Stated, small: rs.Protocol) -> None:
    def sized(count: int) -> int:
        cells = [(arm, "acute", outcome) for arm in ("untreated", "ketamine") for outcome in ("acc_combined", PROBE)]
        values = {key: [30.0 + (i * 7 % 13) for i in range(count)] for key in cells}
        run_data = RunData.of(stated(small, values))
        return sum(len(render(draw(run_data, name), "svg")) for name in ("probe", "pairs"))

    assert sized(400) < 1.05 * sized(60)


@pytest.mark.parametrize("content", [{}, {"notes.txt": "x"}, {"manifest.json": "{}"}])
def test_what_is_no_run_is_refused_in_one_line(content: dict[str, str], tmp_path: Path) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RunFolderError) as error:
        RunData.of(RunFolder(tmp_path))
    assert "\n" not in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_run_without_a_finished_subject_is_refused(stated: Stated, small: rs.Protocol, tmp_path: Path) -> None:
    folder = stated(small, {("untreated", "acute", "acc_combined"): [50.0]}, cohort=2)
    for part in (folder.path / "parts").iterdir():
        part.unlink()
    with pytest.raises(RunFolderError, match="no subject is finished yet"):
        RunData.of(folder)


def test_the_leading_table_is_full_wherever_the_untreated_arm_stands(stated: Stated, small: rs.Protocol) -> None:
    content = dump(small)
    arms = content["arms"]
    assert next(iter(arms)) == "untreated"
    last = parse({**content, "arms": {**{k: v for k, v in arms.items() if k != "untreated"}, "untreated": []}})
    rng = np.random.default_rng(0)
    values = {(arm, "acute", "acc_combined"): rng.normal(60, 9, 7).tolist() for arm in arms}
    rows = []
    for protocol in (small, last):
        order = {key: values[key] for arm in protocol.arms for key in values if key[0] == arm}
        table = leading_table(RunData.of(stated(protocol, order)))
        rows.append(sorted(table.rows))
        assert table.header[3] == "minus untreated [95 %]"
        assert [row[3] == "" for row in sorted(table.rows)] == [row[1] == "untreated" for row in sorted(table.rows)]
    assert [row[:4] for row in rows[0]] == [row[:4] for row in rows[1]]


def test_cells_that_vary_on_neither_side_are_counted_apart(stated: Stated, small: rs.Protocol) -> None:
    values = {("ketamine", "longitudinal", "manic_relapse_probability"): [0.0] * 7}
    values |= {("ketamine", "acute", "acc_combined"): [99.0, 99.1, 99.2, 99.3, 99.1, 99.0, 99.2]}
    run_data = RunData.of(stated(small, values))
    assert run_data.agreement is not None
    said = " ".join(agreement_words(run_data.agreement))
    assert "1 vary on neither side and lie within the margin, which no test has shown" in said
