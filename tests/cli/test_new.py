"""A new protocol file is the library's under another name, and knows the schema beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import main
from resynapse.protocol import json_schema, library


def _call(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return int(end.value.code or 0)


@pytest.mark.parametrize("base", library())
def test_it_is_the_library_protocol_under_another_name(base: str, tmp_path: Path) -> None:
    assert _call("new", "mine", "--from", base, "--out", str(tmp_path)) == 0
    path = tmp_path / "mine.resynapse.yaml"
    assert replace(rs.load(path), name=base, claims=()) == replace(rs.load(base), claims=())
    schema = path.read_text("utf-8").splitlines()[0].partition("$schema=")[2]
    assert json.loads((tmp_path / schema).read_text("utf-8")) == json_schema()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.resynapse.yaml").write_text("kept")
    assert _call("new", "mine", "--out", str(tmp_path)) == 2
    assert (tmp_path / "mine.resynapse.yaml").read_text() == "kept"
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("words", [("../up",), ("a b",), ("mine", "--from", "nothing")])
def test_bad_names_are_one_line(words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _call("new", *words, "--out", str(tmp_path)) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
