"""Figures of any protocol: each one is drawn, or says why not; colours, markers and shades of grey tell arms apart."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.axis import Tick, XTick
from matplotlib.text import Text
from tests.report.conftest import Stated

import resynapse as rs
from resynapse.analysis.cells import Cell
from resynapse.clinical.literature import literature
from resynapse.errors import ResynapseError
from resynapse.report.figures import FIGURES, NAMES, connections, draw, resilience, trajectories, trial
from resynapse.report.figures.inline import inline
from resynapse.report.figures.lines import name_ends
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.stack import apart, stack
from resynapse.report.figures.style import COLOURS, SINGLES, WIDTH, Drawn, at_most, look, of_all, render, some, styled
from resynapse.report.pictures import STACKED
from resynapse.report.run_data import MOST_ARMS, RunData
from resynapse.report.words import arm_title

OTHER = """
name: own
task: {kind: gaussian-blobs, train: 64, test: 40, clean: 8}
network: {hidden: [8, 6]}
arms:
  a <b> & c: []
  second: [{train: {epochs: 1, lr: 0.01}}]
follow_up:
  - assess: {condition: early, outcomes: [acc_standard]}
  - repeat: {cycle: {from: 1, to: 3}}
    do: [{prune_more: {of_active: 0.1}}, {assess: {condition: cycle, outcomes: [acc_standard]}}]
"""


def test_every_file_with_a_title_is_a_figure() -> None:
    files = Path(connections.__file__).parent.glob("*.py")
    assert {path.stem for path in files if "\nTITLE = " in path.read_text("utf-8")} == set(NAMES)


def _grey(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_arms_differ_in_colour_and_marker_and_the_first_four_in_grey_too() -> None:
    arms = [f"arm {i}" for i in range(14)]
    looks = [look(arm, arms) for arm in arms]
    assert len({(one.colour, one.marker) for one in looks}) == len(arms)
    assert len({one.marker for one in looks[:7]}) == 7
    assert all(abs(_grey(a) - _grey(b)) > 0.04 for a, b in combinations(COLOURS[:4], 2))


def test_a_crowd_is_thinned_evenly_and_said() -> None:
    assert some(3) == [0, 1, 2]
    assert some(1000)[0] == 0
    assert some(1000)[-1] == 999
    assert len(set(some(1000))) == SINGLES
    assert of_all(3) == "all subjects"
    assert of_all(1000) == f"{SINGLES} of 1000 subjects, evenly chosen"


@pytest.mark.parametrize("name", FIGURES)
def test_caption_and_words_are_there(name: str, run_data: RunData) -> None:
    drawn = draw(run_data, name)
    assert len(drawn.caption) > 40
    assert re.search(r"\d", drawn.alt)


@pytest.mark.parametrize("name", ["pairs", "connections"])
def test_the_same_figure_is_the_same_file(name: str, run_data: RunData) -> None:
    assert render(draw(run_data, name), "svg") == render(draw(run_data, name), "svg")


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off(name: str, run_data: RunData) -> None:
    figure = _laid_out(run_data, name).figure
    paper, seen = figure.bbox, 0
    # ticks beyond the ends of an axis exist, and are not drawn
    beyond = {label for tick in figure.findobj(Tick) if not _within(tick) for label in (tick.label1, tick.label2)}
    hidden = {text for axis in figure.axes if not axis.get_visible() for text in axis.findobj(Text)}
    for text in set(figure.findobj(Text)) - beyond - hidden:
        if text.get_text() and text.get_visible():
            box = Text.get_window_extent(text)
            assert min(box.x0, box.y0) >= -1, text.get_text()
            assert box.x1 <= paper.x1 + 1, text.get_text()
            assert box.y1 <= paper.y1 + 1, text.get_text()
            seen += 1
    assert seen


def _within(tick: Tick) -> bool:
    axis = tick.axes.xaxis if isinstance(tick, XTick) else tick.axes.yaxis
    low, high = sorted(axis.get_view_interval())
    return bool(low <= tick.get_loc() <= high)


def _laid_out(run_data: RunData, name: str) -> Drawn:
    drawn = draw(run_data, name)
    render(drawn, "svg")
    with styled():
        drawn.figure.draw_without_rendering()
    return drawn


def test_names_at_the_ends_of_lines_do_not_touch(run_data: RunData) -> None:
    drawn = _laid_out(run_data, "trajectories")
    arms = {run_data.arm_title(arm) for arm in run_data.drawn}
    named = 0
    for axis in drawn.figure.axes:
        boxes = [Text.get_window_extent(t) for t in axis.texts if t.get_text().replace("\n", " ") in arms]
        ordered = sorted(boxes, key=lambda box: box.y0)
        assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(ordered))
        named += len(boxes)
    assert named > len(arms)


@pytest.mark.parametrize("name", sorted(STACKED - {"survival", "connections"}))
def test_on_a_narrow_screen_panels_stand_below_each_other_and_show_the_same(name: str, run_data: RunData) -> None:
    wide, narrow = draw(run_data, name), draw(run_data, name, columns=1)
    assert narrow.numbers == wide.numbers
    assert narrow.alt == wide.alt
    assert narrow.figure.get_figwidth() == WIDTH / 2
    shown = [axis for axis in narrow.figure.axes if axis.get_visible()]
    assert len(shown) == sum(axis.get_visible() for axis in wide.figure.axes)
    assert all(axis.get_subplotspec().get_gridspec().ncols == 1 for axis in shown)


def test_a_row_of_matrices_is_one_panel(run_data: RunData) -> None:
    drawn = draw(run_data, "connections", columns=1)
    layers = drawn.figure.axes[0].get_subplotspec().get_gridspec().nrows
    page = apart(stack(drawn, "connections"))
    assert page.count('class="panel"') == layers == len(run_data.traced[0].masks)
    assert page.count("<image") == sum(bool(axis.images) for axis in drawn.figure.axes)


def test_names_of_figures_differ_in_their_first_letters() -> None:
    # they are the names of ids and classes in a page that holds all of them
    every = [*FIGURES, "matrix", "waterfall", "differences"]
    short = ["".join(word[:3] for word in name.split("-")) for name in every]
    assert len(set(short)) == len(every)


@pytest.mark.parametrize("name", ["overview", "resilience", "probe", "pairs", "trajectories", "forest"])
def test_every_mean_of_a_figure_is_among_its_numbers(name: str, run_data: RunData) -> None:
    drawn = draw(run_data, name)
    rows = {(row["arm"], row["condition"], row["outcome"]): row for row in drawn.numbers}
    assert len(rows) == len(drawn.numbers) > 0
    for cell, row in rows.items():
        if "mean" in row:
            assert row["mean"] == run_data.described[Cell(*cell)].mean  # type: ignore[arg-type]


def test_in_a_page_a_figure_has_ids_of_its_own_and_its_words(run_data: RunData) -> None:
    svg = inline(render(draw(run_data, "pairs"), "svg"), "pairs", 'a "b" & c')
    assert svg.startswith('<svg role="img" aria-label="a &#34;b&#34; &amp; c"')
    assert set(re.findall(r'\bid="(\w+)-', svg)) == {"pai"}
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    assert used <= set(re.findall(r'\bid="([^"]+)"', svg))
    assert "<metadata>" not in svg


def test_another_protocol_has_the_figures_that_apply(tmp_path: Path) -> None:
    run_data = RunData.of(rs.run(rs.loads(OTHER), subjects=2, workers=1, out=tmp_path / "own").folder)
    lacking = {name: kind.lacks(run_data) for name, kind in FIGURES.items()}
    assert {name for name, reason in lacking.items() if not reason} == {
        "overview", "trial", "pairs", "trajectories"
    }  # fmt: skip
    assert lacking["connections"] == "no connection is pruned or regrown before the follow-up"
    for name in ("trial", "pairs", "trajectories"):
        assert "a &lt;b&gt; &amp; c" in render(draw(run_data, name), "svg").decode()
    with pytest.raises(ResynapseError, match="no figure 'forest' of this run"):
        draw(run_data, "forest")
    with pytest.raises(ResynapseError, match="did you mean 'pairs'"):
        draw(run_data, "pair")


def test_curves_are_found_by_the_strength_of_noise(run_data: RunData) -> None:
    assert resilience.curves(run_data) == {
        ("acute", "acc_internal"): [(1.0, "acc_internal_1.0"), (2.5, "acc_internal_2.5")]
    }


def test_trajectories_carry_the_threshold_of_the_protocol(run_data: RunData) -> None:
    assert trajectories.thresholds(run_data, ("maintenance", "acc_biased_1.0")) == [60.0]
    drawn = trajectories.draw(run_data)
    assert any(text.get_text() == "threshold 60" for text in drawn.figure.axes[0].texts)


def test_a_constant_outcome_and_a_missing_one_can_be_drawn(stated: Stated, small: rs.Protocol) -> None:
    values = {
        ("untreated", "acute", "acc_combined"): [50.0] * 7,
        ("ketamine", "acute", "acc_combined"): [90.0] * 7,
        ("untreated", "acute", "acc_biased_1.0"): [20.0, None, 30.0, 31.0, None, 29.0, 20.0],
        ("ssri", "acute", "acc_biased_1.0"): [40.0, 41.0, None, None, None, None, None],
    }
    run_data = RunData.of(stated(small, values))
    for name in ("probe", "pairs"):
        assert render(draw(run_data, name), "svg")


def test_blocks_keep_the_share_of_connections() -> None:
    mask = np.random.default_rng(0).random((96, 200)) < 0.1
    small = connections.blocks(mask, most=50)
    assert small.shape == (48, 50)
    assert small.mean() == pytest.approx(mask.mean())
    assert np.array_equal(connections.blocks(np.eye(4, dtype=bool)), np.eye(4))


def test_the_caption_says_that_the_networks_were_computed_again(run_data: RunData) -> None:
    drawn = connections.draw(run_data)
    assert "computed again" in drawn.caption
    assert "subject 0, ketamine-like" in drawn.caption


def test_a_diagram_stays_within_its_paper_however_long_the_protocol() -> None:
    from types import SimpleNamespace

    for name in ("partial-responders", "dose", "kindling"):
        protocol = rs.load(name)
        drawn = trial.draw(SimpleNamespace(protocol=protocol, drawn=tuple(protocol.arms)))  # type: ignore[arg-type]
        assert drawn.figure.get_size_inches()[1] < 40
        for arm in protocol.arms:
            assert arm_title(protocol, arm) in drawn.alt


@pytest.mark.parametrize("columns", [1, 99])
def test_no_word_of_a_diagram_leaves_its_paper(columns: int) -> None:
    from types import SimpleNamespace

    protocol = rs.load("repeated-courses")  # seven arms, of which some have long titles
    with styled(), at_most(columns):
        drawn = trial.draw(SimpleNamespace(protocol=protocol, drawn=tuple(protocol.arms)))  # type: ignore[arg-type]
    render(drawn, "svg")
    with styled():
        drawn.figure.draw_without_rendering()
    (axis,) = drawn.figure.axes
    assert max(Text.get_window_extent(text).x1 for text in axis.texts) <= axis.bbox.x1


def test_long_names_of_many_lines_do_not_touch() -> None:
    from matplotlib.figure import Figure

    ends = [(1.0, 50.0, f"one ketamine-like course, every {number}th cycle", "#000000") for number in range(7)]
    with styled():
        figure = Figure(figsize=(WIDTH / 2, 2.7), layout="constrained")
        axis = figure.add_subplot(xlim=(0, 1), ylim=(0, 100))
        name_ends(axis, ends, 2.7)
        figure.draw_without_rendering()
        boxes = sorted((Text.get_window_extent(text) for text in axis.texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(boxes))


def test_what_the_probe_cannot_say_stands_on_every_figure_of_it(run_data: RunData) -> None:
    """Notes of the clinical figures, section 3: say so on the figure."""
    with_note = {name for name in FIGURES if draw(run_data, name).note == literature().switch_note}
    assert {"overview", "probe", "pairs", "trajectories", "survival", "forest"} <= with_note
    assert draw(run_data, "trial").note == ""
    assert switch_note(run_data, ["manic_relapse_probability"]) == literature().switch_note
    assert switch_note(run_data, ["acc_combined", "relapse_drop"]) == ""


def test_arms_that_name_no_class_of_treatment_need_no_note(tmp_path: Path) -> None:
    own = rs.loads(OTHER.replace("acc_standard", "acc_biased_1.0"))
    run = rs.run(own, subjects=2, workers=1, out=tmp_path / "own")
    assert draw(RunData.of(run.folder), "trajectories").note == ""


def test_the_numbers_at_risk_stand_below_the_curves(stated: Stated) -> None:
    values: dict[tuple[str, str, str], list[float]] = {}
    for arm, first in (("ketamine", (25, 50, 999)), ("ssri", (25, 25, 25))):
        values[arm, "maintained", "acc_biased_1.0"] = [90.0, 90.0, 90.0 if arm == "ketamine" else 50.0]
        for c in range(0, 130, 25):
            values[arm, f"washout={c}", "acc_biased_1.0"] = [50.0 if t <= c else 80.0 for t in first]
    drawn = draw(RunData.of(stated(rs.load("washout"), values)), "survival")
    everybody, remitted = drawn.figure.axes[:2]
    numbers = [[t.get_text() for t in axis.texts if t.get_text().isdigit()] for axis in (everybody, remitted)]
    assert numbers[0] == ["3", "3", "2", "1", "1", "1", "3", "3", "0", "0", "0", "0"]
    assert numbers[1] == ["3", "3", "2", "1", "1", "1", "2", "2", "0", "0", "0", "0"]


def test_of_many_arms_those_without_a_control_are_drawn_and_it_is_said(run_data: RunData) -> None:
    whole = run_data.protocol
    for name in ("sham", "no-gain", "no-training", "no-decay", "no-protection"):
        whole = rs.controlled(whole, name)
    arms = [arm for arm in run_data.protocol.arms if arm in run_data.arms]
    names = [*arms, *whole.variants]
    assert len(names) > MOST_ARMS
    table = pl.concat(
        run_data.table.filter(pl.col("arm") == arm.partition(":")[0]).with_columns(arm=pl.lit(arm)) for arm in names
    )
    many = replace(run_data, manifest=replace(run_data.manifest, protocol=whole), table=table)
    assert many.drawn == tuple(arms)
    for name in ("overview", "trial", "resilience", "probe", "pairs", "trajectories", "survival"):
        drawn = draw(many, name)
        assert drawn.caption.endswith(
            f"{len(names) - len(arms)} arms with a control are not drawn; the tables have them."
        )
        assert "sham" not in drawn.alt
    assert "not drawn" not in draw(many, "connections").caption.partition("stages")[0]
    assert draw(run_data, "pairs").caption.count("not drawn") == 0


def test_the_intact_reference_is_no_arm_of_a_figure_and_it_is_said(run_data: RunData) -> None:
    whole = rs.controlled(run_data.protocol.only(["untreated", "ssri"]), "healthy")
    table = pl.concat(
        run_data.table.filter(pl.col("arm") == arm.partition(":")[0]).with_columns(arm=pl.lit(arm))
        for arm in whole.routes
    )
    seen = replace(run_data, manifest=replace(run_data.manifest, protocol=whole), table=table)
    assert seen.drawn == ("untreated", "ssri")
    drawn = draw(seen, "pairs")
    assert "healthy" not in drawn.alt
    assert drawn.caption.endswith("Intact network and SSRI-like, control healthy are not drawn; the tables have them.")


def test_a_band_is_closed_where_all_subjects_are_at_the_bound(run_data: RunData, stated: Stated) -> None:
    values: dict[tuple[str, str, str], list[float | None]] = {
        ("untreated", "acute", "acc_internal_1.0"): [100.0] * 7,
        ("untreated", "acute", "acc_internal_2.5"): [90.0, 92.0, 95.0, 91.0, 97.0, 93.0, 94.0],
    }
    axis = draw(RunData.of(stated(run_data.protocol, values)), "resilience").figure.axes[0]
    (corners,) = (path.vertices for band in axis.collections for path in band.get_paths())
    assert {y for x, y in corners if x == 1.0} == {100.0}
    assert len({y for x, y in corners if x == 2.5}) > 1
