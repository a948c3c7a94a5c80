"""What pages show of a workspace, and what actions leave in it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from tests.lab.conftest import Visitor

import resynapse as rs
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.lab.commands.changeable import parameters_of
from resynapse.lab.commands.what_if import Base, proposed, start_runs
from resynapse.lab.context import Lab, relative
from resynapse.lab.pages.compare import answer, forest
from resynapse.lab.pages.results import report_policy
from resynapse.lab.reading.carriers import carriers
from resynapse.lab.reading.charts import MOST_DOTS, arms_chart, axis
from resynapse.lab.reading.packing import CRATE, FIGURES, NOTEBOOK, pack
from resynapse.lab.reading.stories import Teller, parse, stories
from resynapse.lab.workspace.queue import Asked
from resynapse.lab.workspace.session_log import SessionLog
from resynapse.lab.workspace.workspace import Workspace
from resynapse.protocol import amended
from resynapse.protocol.prose.titles import titles_of


def test_every_page_has_the_disclaimer(reader: Visitor) -> None:
    (run,) = reader.lab.workspace.runs()
    paths = ("/", "/protocols", "/protocols/library/demo", "/protocols/mine/small", "/runs", f"/runs/{run.id}", "/compare",
             f"/runs/{run.id}/take", f"/runs/{run.id}/whatif", f"/runs/{run.id}/subjects/0", f"/runs/{run.id}/results",
             "/compose/small", "/story/switch-relapse/1", "/story/switch-relapse/page", "/nothing")  # fmt: skip
    for path in paths:
        assert SHORT_DISCLAIMER in reader.get(path).text, path


def test_a_chart_has_the_means_and_intervals_of_the_analysis(reader: Visitor, recorded: Path) -> None:
    (found,) = reader.lab.workspace.runs()
    run = rs.Run(found.path)
    frame = reader.lab.live.values(found, "acute", "acc_combined")
    arms = tuple(dict.fromkeys(frame["arm"]))
    chart = arms_chart(run.protocol, frame, "acc_combined", "t", "%", {}, arms, 1)
    described = {d.arm: d for d in run.analyse().descriptions if (d.condition, d.outcome) == ("acute", "acc_combined")}
    assert set(described) == {row.name for row in chart.rows}
    for row in chart.rows:
        one = described[row.name]
        assert row.n == one.n == len(row.dots)
        assert float(row.mean) == pytest.approx(one.mean, abs=0.06)
        ends = [float(end) for end in row.interval.split(" to ")]
        assert ends == pytest.approx([one.interval.low, one.interval.high], abs=0.06)
    assert reader.get(f"/runs/{found.id}").text.count('class="dot"') == sum(row.n for row in chart.rows)


def test_many_subjects_are_drawn_as_a_band(reader: Visitor) -> None:
    values = [float(n % 101) for n in range(MOST_DOTS + 1)]
    frame = pl.DataFrame({"subject": range(MOST_DOTS + 1), "arm": ["untreated"] * (MOST_DOTS + 1), "value": values})
    (row,) = arms_chart(rs.load("demo"), frame, "acc_combined", "t", "%", {}, ["untreated"], 1).rows
    assert row.dots == ()
    assert row.band is not None
    assert 0 < row.band[0] < row.band[1] < 100


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [-3.0, 1e6], [1e-9, 2e-9], [99.9, 100.0]])
def test_every_value_has_a_place_on_the_axis(values: list[float]) -> None:
    place, ticks = axis(values)
    assert 1 < len(ticks) <= 8
    assert all(0 <= place(value) <= 100 for value in values)
    assert [x for x, _ in ticks] == sorted(x for x, _ in ticks)


def test_a_subject_is_shown_in_every_arm(reader: Visitor) -> None:
    (found,) = reader.lab.workspace.runs()
    assert "Subject 3" in reader.get(f"/runs/{found.id}/subjects/3").text
    assert "not finished" in reader.get(f"/runs/{found.id}/subjects/4").text
    assert len(reader.lab.live.subject(found, 3)) == len(rs.Run(found.path).table().filter(pl.col("subject") == 3))


def test_only_what_changed_is_read_again(recorded: Path) -> None:
    workspace = Workspace(recorded)
    (first,) = workspace.runs()
    (again,) = workspace.runs()
    assert first is again


def test_a_list_reads_the_manifests_that_it_shows_and_a_damaged_one_hides_no_other(lab: Lab) -> None:
    folder = lab.workspace.root / "resynapse-runs"
    for number, text in enumerate(['{"identity": "x", "subjects": 2, "root_seed": 3, "protocol": {"name": "p"}}', "{"]):
        (folder / str(number)).mkdir(parents=True)
        (folder / str(number) / "manifest.json").write_text(text, "utf-8")
    found = {one.name: one for one in lab.workspace.runs()}
    assert ["manifest" in vars(one) for one in found.values()] == [False, False]
    page = Visitor(lab).get("/runs")
    assert page.text.count('class="row-link"') == 2
    assert "its manifest cannot be read" in page.text
    assert Visitor(lab).get("/runs?q=P").text.count('class="row-link"') == 1
    answer = Visitor(lab).get(f"/runs/{found['1'].id}")
    assert answer.status_code == 422
    assert "manifest.json cannot be read" in answer.text


def test_a_second_command_waits_and_can_be_taken_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Asked] = []
    monkeypatch.setattr(type(lab.queue), "advance", lambda self: begun.append(self.every()[0]))
    folder = lab.workspace.root / "resynapse-runs" / "a"
    lab.queue.add("a", ["run", "demo", "--subjects", "1", "--seed", "0"], folder)
    assert lab.queue.waits(folder)
    (found,) = lab.runs()
    assert lab.live.status(found).state == "waiting"
    with pytest.raises(ResynapseError, match="goes on in this folder"):
        lab.queue.add("a", ["run", "demo"], folder)
    lab.queue.stop(folder)
    assert lab.runs() == []


def test_the_log_is_a_script_that_writes_each_file_once(tmp_path: Path) -> None:
    log = SessionLog(tmp_path)
    for _ in range(2):
        log.file("protocols/a b.yaml", "name: x\nRESYNAPSE_PROTOCOL\n$HOME `x`\n")
        log.remark("several\nlines")
    text = log.path.read_text("utf-8")
    assert text.count("cat >") == 1
    assert text.startswith("#!/bin/sh\n")
    subprocess.run(["sh", str(log.path)], cwd=tmp_path, check=True)
    assert (tmp_path / "protocols" / "a b.yaml").read_text("utf-8") == "name: x\nRESYNAPSE_PROTOCOL\n$HOME `x`\n"


@pytest.mark.parametrize("here", ["/", "/runs", "/runs/a", "/runs/a/results/b"])
@pytest.mark.parametrize("there", ["/", "/runs", "/static/lab.css", "/runs/a/take"])
def test_addresses_are_relative_so_that_a_prefix_stays(here: str, there: str) -> None:
    from urllib.parse import urljoin

    assert urljoin(f"http://hub/user/me/lab{here}", relative(here, there)) == f"http://hub/user/me/lab{there}"


def test_a_report_runs_its_own_script_alone() -> None:
    policy = report_policy("<script>a()</script><script type='text/csv'>x</script>")
    assert policy.count("sha256-") == 1
    assert policy.startswith("sandbox allow-scripts")
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in report_policy("<p>")


def test_every_shipped_story_is_told_and_its_figures_are_there(lab: Lab) -> None:
    teller = Teller(lab.workspace, lab.live)
    found = stories(lab.workspace)
    assert "switch-relapse" in found
    for name, text in found.items():
        story = parse(text, name)
        for step in story.steps:
            assert step.methods, step.title
            assert step.knob, step.title
            assert step.text, step.title
            assert step.tried or teller.chart(story, step) is not None, step.title


def test_a_story_of_ones_own_run(reader: Visitor, recorded: Path) -> None:
    folder = recorded / "stories"
    folder.mkdir(exist_ok=True)
    text = "# Mine\nrun: small-seed0\n## One\nfigure: acc_combined at acute\n\nText.\n"
    (folder / "mine.md").write_text(text, "utf-8")
    assert 'class="dot"' in reader.get("/story/mine/1").text
    (folder / "mine.md").write_text(text.replace("at acute", "at acute, arms nobody"), "utf-8")
    assert reader.get("/story/mine/1").status_code == 422
    (folder / "mine.md").write_text("nothing", "utf-8")
    assert "expected" in reader.get("/story/mine/1").text
    assert reader.get("/story/switch-relapse/99").status_code == 404


def test_what_is_taken_away_makes_the_same_run(reader: Visitor) -> None:
    (found,) = reader.lab.workspace.runs()
    text = reader.get(f"/runs/{found.id}/take/protocol.yaml").text
    assert rs.loads(text) == rs.Run(found.path).protocol
    python = reader.get(f"/runs/{found.id}/take/run.py").text
    names: dict[str, object] = {}
    exec(python.partition("run = ")[0], names)  # the protocol alone
    assert rs.loads(str(names["PROTOCOL"])) == rs.Run(found.path).protocol


def test_a_run_is_packed_with_its_report_and_a_notebook_that_comes_to_the_same_numbers(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report, place = tmp_path / "report.html", tmp_path / "files"
    report.write_text("<p>the report</p>", "utf-8")
    pack(recorded / "resynapse-runs" / "small-seed0", report, place)
    with zipfile.ZipFile(place / CRATE) as archive:
        names = set(archive.namelist())
        described = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    named = {one["@id"] for one in described if one["@type"] == "File"}
    assert named == names - {"ro-crate-metadata.json"}
    assert {"report.html", "results.csv", "protocol.yaml", NOTEBOOK} <= named
    with zipfile.ZipFile(place / FIGURES) as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"svg", "csv"}
    monkeypatch.chdir(tmp_path)
    names_of_notebook: dict[str, object] = {}
    for cell in json.loads((place / NOTEBOOK).read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names_of_notebook)
    assert "the same numbers to the last digit" in capsys.readouterr().out


def test_a_claim_leads_to_the_chart_of_every_cell_that_it_reads() -> None:
    from resynapse.audits.claim_library import claims_of

    protocol = rs.load("switch-relapse")
    cells = [("untreated", "acute", "acc_combined"), ("ketamine", "acute", "acc_combined"),
             ("ketamine", "maintenance=25", "acc_biased_1.0"), ("ketamine", "maintenance=300", "acc_biased_1.0")]  # fmt: skip
    found = carriers(protocol, cells)
    assert list(found) == [claim.id for claim in claims_of(protocol)]
    shown = {(arm, q["condition"], q["outcome"]) for one in found.values() for _, q in one.charts for arm in q["arm"]}  # type: ignore[attr-defined]
    assert shown == {cells[0], cells[1], cells[3]}
    assert all(
        claim.id in found[claim.id].words or claim.statement[:20] in found[claim.id].words
        for claim in claims_of(protocol)
    )
    assert carriers(rs.load("demo"), cells) == {}


def test_no_answer_is_without_its_control(reader: Visitor) -> None:
    from resynapse.analysis.two_runs import between
    from resynapse.lab.pages.compare import Pair

    (found,) = reader.lab.workspace.runs()
    run = rs.Run(found.path)
    cells = between(run.table(), run.table(), paired=True)
    pair = Pair(first=found, second=found, protocols=(run.protocol, run.protocol), cells=cells, shared=4)
    titles = titles_of(run.protocol)
    asked = {"control": "none", "arm": "ketamine"}
    assert "No control chosen" in answer(pair, asked, titles, "acc_combined")
    assert "to the last bit" in answer(pair, asked, titles, "acc_combined")
    assert "changes nothing in this arm" in answer(pair, {**asked, "control": "no-gain"}, titles, "acc_combined")
    assert "No control chosen" in answer(pair, {**asked, "arm": "none"}, titles, "acc_combined")
    assert all(row.note for row in forest(list(cells[:3]), titles, cells[0].outcome).rows)


def test_a_what_if_needs_a_control_or_the_words(reader: Visitor) -> None:
    (found,) = reader.lab.workspace.runs()
    wanted = {"path": "arms.ketamine[0].drug.gain", "value": "2", "arm": "ketamine"}
    twice = {"path": [wanted["path"]] * 2, "value": ["2", "3"], "control": "none"}
    many = {"path": [wanted["path"]] * 7, "value": ["2"] * 7, "control": "none"}
    half = {"path": [wanted["path"], "arms.ketamine[2].train.epochs"], "value": ["2", ""], "control": "none"}
    for change, said in (({}, "control"), ({"control": "x"}, "unknown control"), ({"path": "x", "control": "none"}, "path"),
                         ({"value": "", "control": "none"}, "value"), ({"value": "-1", "control": "none"}, "gain"),
                         (twice, "twice"), (many, "at most"), (half, "value: give")):  # fmt: skip
        answered = reader.post(f"/api/runs/{found.id}/whatif", {**wanted, **change})
        assert answered.status_code == 422
        assert said in answered.json()["error"]


def test_several_changes_are_run_together_and_each_by_itself_all_with_the_control(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(lab.queue), "advance", lambda self: None)
    base = Base(protocol=rs.load("demo"), subjects=4, seed=0)
    dose, length = "arms.ketamine[0].drug.gain=2", "arms.ketamine[2].train.epochs=9"
    runs = start_runs(lab, base, [dose, length], "gain-only", alone=True)
    asked = {one.path: one.words for one in lab.queue.every()}
    assert list(asked) == [*runs[:2], *runs.alone]
    sets = [[b for a, b in pairwise(words) if a == "--set"] for words in asked.values()]
    assert sets == [[], [dose, length], [dose], [length]]
    assert all("--control gain-only" in " ".join(words) for words in asked.values())
    assert start_runs(lab, base, [dose, length], "gain-only", alone=True) == runs
    assert len(lab.queue.every()) == 4


def test_whatever_is_large_is_asked_about_before_it_starts(reader: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resynapse.lab.commands.cost.LIMIT_SECONDS", 0.0)
    (found,) = reader.lab.workspace.runs()
    gain = {"path": "arms.ketamine[0].drug.gain", "value": "2", "arm": "ketamine", "control": "gain-only"}
    starts = {
        "/api/runs": {"source": "library", "name": "demo", "subjects": "4"},
        f"/api/runs/{found.id}/whatif": gain,
        f"/api/runs/{found.id}/attribute": {"first": "ketamine", "second": "ssri", "subjects": "2"},
        f"/api/runs/{found.id}/resume": {"subjects": "40"},
    }
    for path, content in starts.items():
        assert "This takes about" in reader.post(path, content).json()["confirm"], path
    assert reader.lab.queue.every() == []
    waits = reader.post(f"/api/runs/{found.id}/whatif/cost", {**gain, "value": ""}).json()["sentence"]
    assert "as soon as there is a new value" in waits


@pytest.mark.parametrize("name", ["demo", "gru-demo", "working-memory", "kindling", "repeated-courses"])
def test_every_value_that_is_offered_can_be_changed_and_has_a_proposal(name: str) -> None:
    protocol = rs.load(name)
    offered = parameters_of(protocol)
    words = [(value.group, value.words) for value in offered.values()]
    assert len(set(words)) == len(words)
    arm = list(protocol.arms)[-1]
    for path, value in list(offered.items())[::7]:
        assert proposed(protocol, [(path, "")], arm).why
        assert any(_possible(protocol, path, other) for other in value.others), path


def _possible(protocol: rs.Protocol, path: str, value: str) -> bool:
    try:
        return amended(protocol, f"{path}={value}") is not None
    except ResynapseError:
        return False


def test_the_command_line_needs_no_server_until_it_is_asked_for_one() -> None:
    code = (
        "import sys; import resynapse; from resynapse.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('starlette', 'uvicorn', 'ruamel.yaml', 'resynapse.lab') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip().endswith("[]")


def test_a_missing_folder_is_one_line() -> None:
    from resynapse.lab.serve import serve

    with pytest.raises(ResynapseError, match="no such folder"):
        serve([Path("/does/not/exist")])
