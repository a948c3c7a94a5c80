"""Traits from a table: whose row is whose, what is refused and where, and that a run needs no file."""

from __future__ import annotations

from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cohort import Cohort, Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import amended, dump, dumps, loads, parse
from resynapse.protocol.population.trait_tables import MOST_VALUES
from resynapse.protocol.prose.outline import draw
from resynapse.runs.walk import walk

TABLE = "id,depth,gain\na,0.2,1.1\nb,0.5,1.2\nc,0.8,1.3\n"
TEXT = """
name: tiny
task: {kind: gaussian-blobs, train: 32, test: 32, clean: 8}
network: {hidden: [40, 40]}
induction:
  - prune: {sparsity: {column: depth, of: traits.csv%s}}
arms: {one: [], two: [{drug: {gain: {column: gain, of: traits.csv%s}}}]}
follow_up: [{assess: {condition: acute, outcomes: [sparsity, gain]}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "traits.csv").write_text(TABLE)
    (tmp_path / "tiny.yaml").write_text(TEXT % ("", ""))
    (tmp_path / "drawn.yaml").write_text(TEXT % (", draw: true", ", draw: true"))
    return tmp_path


def results(protocol: rs.Protocol, number: int) -> dict[tuple[str, str, str], float]:
    return {(r.arm, r.condition, r.outcome): r.value for r in walk(protocol, Subject(0, number), engine("reference"))}


def test_subject_n_takes_row_n_and_it_is_stored(folder: Path) -> None:
    protocol = rs.load(folder / "tiny.yaml")
    for number, (depth, gain) in enumerate([(0.2, 1.1), (0.5, 1.2), (0.8, 1.3)]):
        found = results(protocol, number)
        assert found["one", "trait", "depth"] == depth
        assert found["one", "acute", "sparsity"] == pytest.approx(100 * depth, abs=1)
        assert found["two", "trait", "gain"] == found["two", "acute", "gain"] == gain
        assert ("one", "trait", "gain") not in found


def test_a_run_needs_no_file_once_the_protocol_is_read(folder: Path) -> None:
    protocol = rs.load(folder / "tiny.yaml")
    (folder / "traits.csv").unlink()
    assert parse(dump(protocol)) == loads(dumps(protocol)) == protocol
    assert results(parse(dump(protocol)), 1) == results(protocol, 1)
    run = rs.run(protocol, subjects=2, engine="reference", out=folder / "run")
    assert rs.Run(folder / "run").protocol == protocol
    rs.run(rs.Run(folder / "run").protocol, subjects=3, engine="reference", out=folder / "run")
    assert run.table()["subject"].n_unique() == 3
    assert "of: traits.csv" in dumps(protocol)
    assert str(folder) not in dumps(protocol)


def test_another_table_is_another_run(folder: Path) -> None:
    rs.run(rs.load(folder / "tiny.yaml"), subjects=1, engine="reference", out=folder / "run")
    (folder / "traits.csv").write_text(TABLE.replace("0.2", "0.3"))
    with pytest.raises(rs.ResynapseError, match="with other induction"):
        rs.run(rs.load(folder / "tiny.yaml"), subjects=1, engine="reference", out=folder / "run")


def test_too_few_rows_are_refused_before_anything_runs(folder: Path) -> None:
    with pytest.raises(ProtocolError, match=r"traits.csv has 3 rows and the cohort 4 subjects, .* draw: true"):
        rs.run(rs.load(folder / "tiny.yaml"), subjects=4, out=folder / "run")
    assert not (folder / "run").exists()
    Cohort(size=40).check(rs.load(folder / "drawn.yaml"))


def test_drawn_rows_stay_whole_come_again_and_do_not_depend_on_the_cohort(folder: Path) -> None:
    protocol = rs.load(folder / "drawn.yaml")
    rows = {0.2: 1.1, 0.5: 1.2, 0.8: 1.3}
    depths = []
    for number in range(20):
        found = results(protocol, number)
        depths.append(found["one", "trait", "depth"])
        assert found["two", "trait", "gain"] == rows[depths[-1]]
    assert set(depths) == set(rows)
    assert results(protocol, 7)["one", "trait", "depth"] == depths[7]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            TABLE.replace("0.5", "abc"),
            r"line 6: induction\[0\].prune.*traits.csv line 3, column depth: 'abc' is no number",
        ),
        (TABLE.replace("0.5", ""), r"traits.csv line 3, column depth: no value; fill it in or leave the row out"),
        (TABLE.replace("b,0.5,1.2", ""), r"traits.csv line 3, column depth: no value"),
        (TABLE.replace("b,0.5,1.2", "b"), r"traits.csv line 3: 1 values, but the header names 3 columns"),
        (TABLE.replace("0.5", "0_5"), r"line 3, column depth: '0_5' is no number"),
        (TABLE.replace("0.5", "nan"), r"line 3, column depth: no value"),
        (TABLE.replace("0.5", "1.5"), r"row 2 \(subject 1\), column depth: 1.5 is not possible: .* less than 1"),
        (TABLE.replace("0.5", "0,5"), r"traits.csv line 3: 4 values, but the header names 3"),
        (TABLE.replace("depth", "dept"), r"no column 'depth'; did you mean 'dept'"),
        (TABLE.replace("gain", "depth"), r"duplicate column 'depth'"),
        ("id,depth,gain\n", "0 rows below the header"),
        ("", "empty; give a header and rows"),
        ("depth\n" + "0.5\n" * (MOST_VALUES + 1), f"{MOST_VALUES + 1} rows below the header"),
    ],
)
def test_a_table_that_will_not_do_is_refused_with_its_place(folder: Path, table: str, message: str) -> None:
    (folder / "traits.csv").write_text(table)
    with pytest.raises(ProtocolError, match=message) as caught:
        rs.load(folder / "tiny.yaml")
    assert "\n" not in str(caught.value)


def test_what_is_no_table_is_refused(folder: Path) -> None:
    (folder / "traits.csv").write_bytes(b"depth\n\xff\xfe\n")
    with pytest.raises(ProtocolError, match="not a text file"):
        rs.load(folder / "tiny.yaml")
    (folder / "traits.csv").unlink()
    with pytest.raises(ProtocolError, match=r"traits.csv: no such file"):
        rs.load(folder / "tiny.yaml")
    (folder / "traits.csv").mkdir()
    with pytest.raises(ProtocolError, match=r"traits.csv: not a file"):
        rs.load(folder / "tiny.yaml")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{column: depth}", "name a column and its file"),
        ("{column: 3, of: traits.csv}", "name a column and its file"),
        ("{column: depth, of: traits.csv, within: [0, 1]}", "unknown key 'within'"),
        ("{column: depth, of: traits.csv, draw: maybe}", "expected true or false, got 'maybe'"),
        ("{column: depth, of: traits.csv, name: a=b}", "'a=b' is no name for a trait"),
        ("{column: depth, of: x.csv, values: []}", "0 rows; give at least 1"),
        ("{column: depth, of: x.csv, values: [0.5, a]}", "row 2, column depth: 'a' is no finite number"),
        ("{column: depth, of: x.csv, values: [0.5, 2]}", r"row 2 \(subject 1\), column depth: 2 is not possible"),
    ],
)
def test_what_is_no_column_is_refused(folder: Path, written: str, message: str) -> None:
    text = TEXT % ("", "")
    with pytest.raises(ProtocolError, match=message):
        loads(text.replace("{column: depth, of: traits.csv}", written), folder=folder)


def test_a_bare_document_has_no_values() -> None:
    document = {"name": "x", "arms": {"a": [{"prune": {"sparsity": {"column": "depth", "of": "traits.csv"}}}]}}
    with pytest.raises(ProtocolError, match="the values of the column are missing; load the protocol from its file"):
        parse(document)


@pytest.mark.parametrize(
    "text", ["null: {column: a, of: b}", "name: x\narms: {a: [{mark: {}}]}\n1: {column: a, of: b}"]
)
def test_keys_that_are_no_names_are_refused_and_not_followed(text: str) -> None:
    with pytest.raises(ProtocolError, match="is not a string"):
        loads(text)


def test_aliases_are_followed_once_and_a_loop_ends() -> None:
    many = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [*{p}, *{p}, *{p}, *{p}]\n" for p, n in zip("abcdef", "bcdefg", strict=True)
    )
    with pytest.raises(ProtocolError, match="unknown key 'a'"):
        loads(many)
    with pytest.raises(ProtocolError):
        loads("name: x\narms: &a {a: [{fork: *a}]}")


def test_a_spreadsheet_writes_a_mark_and_blank_lines_at_the_end(folder: Path) -> None:
    (folder / "traits.csv").write_text("\ufeffdepth, gain\r\n0.25,1.5\r\n\r\n", encoding="utf-8")
    assert results(rs.load(folder / "tiny.yaml"), 0)["two", "trait", "gain"] == 1.5


def test_one_change_can_name_a_column(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    plain = rs.load("demo")
    changed = amended(plain, "induction.prune.sparsity={column: depth, of: traits.csv, name: loss}")
    assert [str(trait) for trait in changed.traits] == ["column depth of traits.csv, 3 rows, a row for each subject"]
    assert loads(dumps(changed)) == changed


def test_the_tree_names_the_column_and_not_its_values(folder: Path) -> None:
    from rich.console import Console

    console = Console(width=300)
    with console.capture() as shown:
        console.print(draw(rs.load(folder / "drawn.yaml")), markup=False)
    assert "(sparsity for each subject: column depth of traits.csv, 3 rows, rows drawn with" in shown.get()
