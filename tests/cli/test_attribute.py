"""`resynapse attribute` and `match`: results on standard output, the plan on standard error, refusals in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import main
from resynapse.disclaimer import DISCLAIMER, SHORT_DISCLAIMER
from resynapse.protocol import dumps


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, tiny: rs.Protocol) -> Path:
    path = tmp_path_factory.mktemp("cli") / "tiny.yaml"
    path.write_text(dumps(tiny))
    return path


def _call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(list(words))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_it_prints_shares_and_writes_a_page(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("attribute", str(file), "--between", "ketamine,ssri", "--outcome", "acc_combined", "--subjects", "2")
    code, out, err = _call(capsys, *words, "--workers", "1")
    assert code == 0
    assert "acc_combined at acute: ketamine minus ssri, 2 subjects" in out
    assert SHORT_DISCLAIMER in out
    assert "64 mixtures" in err
    (folder,) = Path("resynapse-attributions").iterdir()
    assert {path.name for path in folder.iterdir()} >= {"tree", "attribution.json", "report.html", "waterfall.png"}
    code, again, err = _call(capsys, *words, "--format", "json")
    assert "2 of 2 subjects are there already" in err
    assert json.loads(again) == json.loads((folder / "attribution.json").read_text())
    assert json.loads(again)["disclaimer"] == DISCLAIMER


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--between", "ketamine,ketamine"), "name two different arms"),
        (("--between", "ketamine,sri"), "did you mean 'ssri'"),
        (("--between", "ketamine,ssri", "--outcome", "gane"), "did you mean 'gain'"),
        (("--between", "ketamine,ssri", "--at", "later"), "not both assessed at 'later'"),
        (("--between", "ketamine,ssri", "--join", "regrowth,washout"), "'washout' is no component here"),
        (("--between", "ketamine,ssri", "--subjects", "0"), "0"),
        ((), "--between"),
    ],
)
def test_bad_input_is_one_line(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    code, out, err = _call(capsys, "attribute", str(file), *words, "--out", str(tmp_path / "out"))
    assert code == 2
    assert out == ""
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_match_prints_a_contrast_on_every_basis(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("match", str(file), "--between", "ketamine,ssri", "--at", "acute", "--subjects", "1")
    code, out, err = _call(capsys, *words)
    assert code == 0
    assert all(basis in out for basis in ("as run", "equal exposure", "equal change", "equal loss", SHORT_DISCLAIMER))
    assert "learning rates" in err
    (folder,) = Path("resynapse-matches").iterdir()
    assert {path.name for path in folder.iterdir()} == {"tree", "match.json"}
    code, again, _ = _call(capsys, *words, "--format", "json")
    assert json.loads(again) == json.loads((folder / "match.json").read_text())
