"""Where claims come from."""

from __future__ import annotations

from pathlib import Path

import pytest

import resynapse as rs
from resynapse.audits.claim_library import claims_of

ONE = "- {id: c, statement: s, tests: [{mean: {of: acc_clean of ketamine at acute, above: 1}}]}"


def test_claims_of_the_protocol_come_before_those_of_its_name(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"name: switch-relapse\nbase: switch-relapse\nclaims:\n{ONE}\n")
    assert [claim.id for claim in claims_of(rs.load(file))] == ["c"]
    assert len(claims_of(rs.load("switch-relapse"))) == 26
    assert len(claims_of(rs.load("manic-switch"), "switch-relapse")) == 26


@pytest.mark.parametrize("text", [ONE, f"claims:\n{ONE}"])
def test_a_file_of_claims_is_a_list_or_has_a_block(tmp_path: Path, text: str) -> None:
    (tmp_path / "claims.yaml").write_text(text)
    assert claims_of(rs.load("demo"), tmp_path / "claims.yaml")[0].id == "c"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"- {id: [", "malformed YAML"),
        (b"\xff\xfe", "not a text file"),
        (b"- {id: c}", "statement is missing"),
        (b"just text", "expected a list, got"),
    ],
)
def test_what_cannot_be_read_is_one_short_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "claims.yaml"
    file.write_bytes(content)
    with pytest.raises(rs.ResynapseError, match=r"claims\.yaml") as caught:
        claims_of(rs.load("demo"), file)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300
