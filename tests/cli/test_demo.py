"""The first command leaves a run and its page, and says what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import main
from resynapse.disclaimer import DISCLAIMER


def test_a_miniature_with_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["demo", "--subjects", "1"])
    assert end.value.code == 0
    where, found, after = capsys.readouterr().out.splitlines()[-3:]
    page = tmp_path / where.split()[1]
    assert DISCLAIMER in page.read_text("utf-8")
    assert set(rs.Run(page.parent).table()["subject"]) == {0}
    assert found.startswith("Found:")
    assert "replicate" in after
