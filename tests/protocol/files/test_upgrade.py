"""Files of earlier versions: they open, and are rewritten into files of today that mean the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import main
from resynapse.controls.registry import RENAMED
from resynapse.protocol import library
from resynapse.protocol.files.upgrade import upgraded
from resynapse.protocol.variants import Append, Remove, Set

OLD = Path(__file__).parent / "old" / "protocol.yaml"


@pytest.fixture(autouse=True)
def _former_keys_warn() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def test_an_old_file_opens_with_its_changes_as_they_were() -> None:
    regrown, marked, removed = rs.load(OLD).variants["other"].changes
    assert isinstance(regrown, Set)
    assert isinstance(marked, Append)
    assert isinstance(removed, Remove)
    assert marked.then == rs.Mark()


def test_the_new_file_means_the_same_but_for_names_and_needs_no_second_pass() -> None:
    text = upgraded(OLD.read_text("utf-8"), RENAMED)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new = rs.loads(text)
    old = rs.loads(OLD.read_text("utf-8").replace("ketamine:scaled-noise", "ketamine:pruned-scale-noise"))
    assert new.claims == old.claims
    assert replace(new, variants=old.variants) == old
    assert new.variants["ketamine:pruned-scale-noise"].control == "pruned-scale-noise"
    assert upgraded(text, RENAMED) == text


def test_comments_of_what_is_not_written_anew_stay() -> None:
    text = upgraded(OLD.read_text("utf-8"), RENAMED)
    for comment in ("# as in the article", "# a former name", "# the bound is 5 points", "# in one line"):
        assert comment in text


@pytest.mark.parametrize("name", library())
def test_a_file_of_today_is_left_alone(name: str) -> None:
    text = (Path(rs.__file__).parent / "protocol" / "library" / f"{name}.yaml").read_text("utf-8")
    assert upgraded(text, RENAMED) == text


def test_a_check_prints_the_difference_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "old.yaml"
    file.write_bytes(OLD.read_bytes())
    with pytest.raises(SystemExit) as left:
        main(["upgrade", str(file), "--check"])
    assert left.value.code == 1
    assert "+    control: pruned-scale-noise" in capsys.readouterr().out
    assert file.read_bytes() == OLD.read_bytes()
    for _ in range(2):
        with pytest.raises(SystemExit) as left:
            main(["upgrade", str(file)])
        assert left.value.code == 0
    assert file.read_text("utf-8") == upgraded(OLD.read_text("utf-8"), RENAMED)
    assert "nothing to rewrite" in capsys.readouterr().out


def test_a_run_folder_of_before_opens() -> None:
    run = rs.Run(Path(__file__).parents[2] / "runs" / "store" / "old")
    assert run.manifest.protocol.variants["ketamine:scaled-noise"].of == "ketamine"
    assert run.table()["arm"].unique().sort().to_list() == ["ketamine", "ketamine:scaled-noise", "other", "untreated"]
