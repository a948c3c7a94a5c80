"""A user's own table: read, split and standardised by every subject, pinned by its contents, refused in one line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.errors import ProtocolError, RunFolderError, SubjectError
from resynapse.protocol import amended, dump, json_schema, parse
from resynapse.randomness import Key
from resynapse.runs.walk import walk
from resynapse.runs.workers.worker import Plan, compute
from resynapse.task import Table
from resynapse.task.table_file import load_known

KEY = Key(0, 0, "data")


def written(path: Path, rows: int = 90, seed: int = 1) -> Path:
    """Three classes along one of three features of very different units; `name` is text."""
    rng = np.random.default_rng(seed)
    lines = ["name,small,large,flat,kind"]
    for i in range(rows):
        lines.append(f"n{i},{i % 3 + rng.normal() / 9:.6f},{1e4 * rng.normal():.3f},0.1,{'abc'[i % 3]}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "own.csv")


@pytest.fixture
def task(file: Path) -> Table:
    return Table(path=str(file), label="kind", columns=("small", "large", "flat"))


def test_the_contents_are_read_when_the_task_is_made(task: Table, file: Path) -> None:
    assert (task.features, task.classes) == (3, 3)
    assert task.known.columns == ("small", "large", "flat")
    assert task.known.classes == ("a", "b", "c")
    assert task.known.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert task.sizes == (60, 20, 10)


def test_sets_are_disjoint_and_hold_every_row(task: Table) -> None:
    data = task.draw(KEY)
    large = np.concatenate([data.train.inputs[1], data.test.inputs[1], data.clean.inputs[1]])
    assert np.unique(large).size == large.size == 90
    assert data.train.labels.size == 60
    counts = np.bincount(np.concatenate([data.train.labels, data.test.labels, data.clean.labels]))
    np.testing.assert_array_equal(counts, [30, 30, 30])


def test_labels_stay_with_their_rows(task: Table) -> None:
    # `small` is the class number but for noise of a ninth: a tenth of the spread of the classes
    for split in (task.draw(KEY).train, task.draw(KEY).test):
        centres = [split.inputs[0, split.labels == k].mean() for k in range(3)]
        assert centres == sorted(centres)
        nearest = np.abs(split.inputs[0][:, None] - np.array(centres)).argmin(axis=1)
        np.testing.assert_array_equal(nearest, split.labels)


def test_each_feature_is_standardised_by_the_training_set_and_a_constant_one_says_nothing(task: Table) -> None:
    data = task.draw(KEY)
    np.testing.assert_allclose(data.train.inputs.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(data.train.inputs.std(axis=1), [3.1, 3.1, 0.0])
    assert not data.test.inputs[2].any()
    assert abs(data.test.inputs[0].mean()) > 1e-6


def test_features_of_one_unit_may_keep_their_ratio(task: Table) -> None:
    spread = replace(task, standardise="together", scale=2.0).draw(KEY).train.inputs.std(axis=1)
    assert np.sqrt(np.mean(spread**2)) == pytest.approx(2.0)
    assert spread[1] / spread[0] > 1000


def test_every_subject_draws_its_own_split(task: Table) -> None:
    one, other = (set(task.draw(Key(0, s, "data")).test.inputs[1].round(6)) for s in (0, 1))
    assert one != other


def test_quotes_blank_lines_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    rows = "\r\n".join(f'"{i}.5", {i} ,"class ""{i % 2}"", so"' for i in range(12))
    path.write_bytes(("\ufeffa,b,y\r\n\r\n" + rows + "\r\n").encode())
    task = Table(path=str(path), label="y")
    assert task.known.classes == ('class "0", so', 'class "1", so')
    assert task.known.rows == 12


PROTOCOL = """
name: own
task: {kind: csv, path: data/own.csv, label: kind, columns: [small, large]}
network: {hidden: [8]}
induction: [{train: {epochs: 40, lr: 1.0e-2}}]
arms: {untreated: []}
follow_up: [{assess: {condition: acute, outcomes: [acc_clean, acc_standard]}}]
"""


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    written(tmp_path / "data" / "own.csv")
    path = tmp_path / "own.yaml"
    path.write_text(PROTOCOL, "utf-8")
    return path


def test_a_path_begins_at_the_folder_of_the_protocol_file(protocol: Path, compiled: Engine) -> None:
    loaded = rs.load(protocol)
    assert loaded.network.describe(loaded.task) == "2-8-3"
    values = {row.outcome: row.value for row in walk(loaded, Subject(0, 0), compiled)}
    # classes a ninth apart in noise are told apart on nearly every held-out row
    assert values["acc_standard"] > 80


def test_a_resolved_protocol_needs_the_file_for_its_numbers_alone(protocol: Path) -> None:
    loaded = rs.load(protocol)
    again = dump(loaded)
    assert not list(jsonschema.Draft202012Validator(json_schema()).iter_errors(json.loads(json.dumps(again))))
    (protocol.parent / "data" / "own.csv").unlink()
    assert parse(again) == loaded
    with pytest.raises(ProtocolError, match=r"own\.csv: no such file"):
        parse(again).task.draw(Key(9, 9))


def test_a_run_goes_on_with_a_moved_file_but_not_with_a_changed_one(protocol: Path, tmp_path: Path) -> None:
    run = rs.run(rs.load(protocol), subjects=1, out=tmp_path / "run")
    first = run.table()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "data").rename(moved / "data")
    protocol.rename(moved / "own.yaml")
    longer = rs.run(rs.load(moved / "own.yaml"), subjects=2, out=tmp_path / "run")
    assert longer.table().filter(pl.col("subject") == 0).equals(first)
    assert longer.table().height == 2 * first.height
    written(moved / "data" / "own.csv", seed=2)
    with pytest.raises(RunFolderError, match=r"protocol own with other task \(contents\)"):
        rs.run(rs.load(moved / "own.yaml"), subjects=3, out=tmp_path / "run")


def test_a_file_that_changes_under_a_protocol_in_memory_is_refused(protocol: Path, tmp_path: Path) -> None:
    loaded = rs.load(protocol)
    written(tmp_path / "data" / "own.csv", seed=2)
    with pytest.raises(SubjectError, match=r"own.csv: other contents than the protocol records .* put the recorded"):
        rs.run(loaded, subjects=1, out=tmp_path / "run")


def test_a_worker_process_computes_the_same_from_the_plan_or_says_what_it_lacks(
    protocol: Path, compiled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = rs.load(protocol)
    monkeypatch.chdir("/")
    plan = Plan.of(loaded, "compiled", 5)
    answer = compute(plan, 1)
    assert [tuple(row) for row in walk(loaded, Subject(5, 1), compiled)] == answer.rows
    (protocol.parent / "data" / "own.csv").rename(protocol.parent / "gone.csv")
    load_known.cache_clear()
    answer = compute(plan, 2)
    assert answer.kind == "failed"
    assert "own.csv: no such file" in answer.message


def test_a_kind_of_task_that_nobody_knows_by_name_is_refused(task: Table) -> None:
    @dataclass(frozen=True)
    class Strange:
        features, classes, sizes, draw = 2, 2, task.sizes, task.draw

    with pytest.raises(ProtocolError, match=r"Strange is no kind of task; put it into resynapse\.task\.TASKS"):
        dump(rs.Protocol(name="x", task=Strange(), arms={"a": ()}))


def test_another_column_by_set_reads_the_file_again(protocol: Path) -> None:
    changed = amended(rs.load(protocol), "task.columns=[small]")
    assert changed.network.describe(changed.task) == "1-8-3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; give a header"),
        ("a;y\n1;x\n", "one column, 'a;y'; separate the columns by commas"),
        ("a,kind\n1,x\n", "no column 'y'; allowed: a, kind"),
        ("a,a,y\n1,2,x\n", "duplicate column 'a'"),
        ("a,y\n1,x\n2\n", "line 3: 1 values, but the header names 2 columns"),
        ("a,y\n1,x\n,x\n", "line 3, column a: no value; fill it in or leave the row out"),
        ("a,y\n1,x\nNA,x\n", "line 3, column a: no value"),
        ("a,y\n1,x\n1,\n", "line 3, column y: no label; leave the row out"),
        ("a,y\n1,x\nred,x\n", "line 3, column a: 'red' is no number; code it as numbers or use other columns"),
        ("a,y\n1,x\ninf,x\n", "line 3, column a: inf is too large"),
        ("a,y\n1,x\n-1e200,x\n", "line 3, column a: -1e200 is too large"),
        ("a,y\n", "label column 'y' has no row"),
        ("a,y\n" + "1,x\n" * 9, "label column 'y' is 'x' in every row; two or more classes"),
        ("a,y\n" + "1,x\n" * 9 + "1,z\n", "too few rows of class 'z': 1 of 10; every class needs 3"),
        ("a,y\n" + "1,x\n2,z\n" * 3, r"too few rows: 6 split as \[6.0, 2.0, 1.0\] leave a set empty"),
        ('a,y\n1,"x\n', "line 2: malformed CSV"),
    ],
)
def test_a_table_that_makes_no_task_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ProtocolError, match=message) as error:
        Table(path=str(path), label="y")
    assert "\n" not in str(error.value)
    assert "bad.csv" in str(error.value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mutated_table_ends_in_a_task_or_one_clear_line(file: Path, data: st.DataObject) -> None:
    text = written(file, rows=9).read_bytes()
    for _ in range(data.draw(st.integers(0, 3))):
        at, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
        new = data.draw(st.binary(max_size=3) | st.sampled_from([b"\n", b",", b'"', b"\r", b"nan", b'"\n"']))
        text = text[:at] + new + text[at + cut :]
    file.write_bytes(text)
    said = ""
    try:
        made = Table(path=str(file), label="kind", columns=("small", "large")).draw(KEY).train.inputs
    except ProtocolError as error:
        said, made = str(error), np.zeros(1)
    assert np.isfinite(made).all()
    assert "\n" not in said
    assert not said or "own.csv" in said


def test_a_wide_table_does_not_list_all_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column_{i}" for i in range(500)) + "\n", "utf-8")
    with pytest.raises(ProtocolError, match="no column 'label'; there are 500 columns"):
        Table(path=str(path), label="label")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "no such file"),
        (".", "not a file"),
        ("binary.csv", "not a text file"),
        ("a\0b", "cannot be read"),
    ],
)
def test_a_path_that_is_no_table_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "binary.csv").write_bytes(b"a,y\n\xff\xfe,x\n")
    with pytest.raises(ProtocolError, match=message):
        Table(path=str(tmp_path / name), label="y")


def test_a_file_that_may_not_be_read_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ProtocolError, match=r"own.csv: cannot be read \(Permission denied\)"):
        Table(path=str(file), label="kind")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"columns": ()}, "expected one or more"),
        ({"columns": ("small", "small")}, "each once"),
        ({"columns": ("small", "kind")}, "label 'kind' is among the columns"),
        ({"columns": ("smal",)}, "no column 'smal'; did you mean 'small'"),
        ({"split": (1.0, 1.0, 0.0)}, "every part of split above 0"),
        ({"scale": -1.0}, "scale is -1"),
    ],
)
def test_impossible_fields_are_refused(file: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises((ProtocolError, ValueError), match=message):
        Table(path=str(file), label="kind", **{"columns": ("small", "large"), **fields})


def test_the_loader_names_the_protocol_file_its_line_and_the_place(protocol: Path) -> None:
    protocol.write_text(PROTOCOL.replace("label: kind", "label: sort"), "utf-8")
    with pytest.raises(ProtocolError, match=r"own.yaml line 3: task: .*own.csv: no column 'sort'; allowed: name"):
        rs.load(protocol)
    protocol.write_text(PROTOCOL.replace("label: kind, ", ""), "utf-8")
    with pytest.raises(ProtocolError, match=r"task.label: missing"):
        rs.load(protocol)
