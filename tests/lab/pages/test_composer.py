"""The page of the composer: what it saves, says and refuses."""

from __future__ import annotations

import pytest
from tests.lab.conftest import Visitor


def _copy(visitor: Visitor, name: str = "mine", base: str = "demo") -> str:
    answer = visitor.post("/api/protocols", {"source": "library", "base": base, "name": name})
    assert answer.status_code == 200, answer.text
    return (visitor.lab.workspace.root / "protocols" / f"{name}.yaml").read_text("utf-8")


def test_a_copy_says_what_it_is_a_copy_of_and_how_it_differs(visitor: Visitor) -> None:
    text = _copy(visitor)
    same = visitor.post("/api/check", {"text": text, "place": []}).json()
    assert (same["errors"], same["base"], same["differences"]) == ([], "demo", [])
    other = visitor.post(
        "/api/edit", {"text": text, "what": "set", "place": ["arms", "ketamine", 0, "drug", "gain"], "value": "1.5"}
    ).json()
    assert len(other["differences"]) == 1
    assert "1.5" in other["differences"][0]
    assert "1.25" in other["differences"][0]


def test_an_error_has_its_line_and_its_cure(visitor: Visitor) -> None:
    text = _copy(visitor).replace("sparsity: 0.9", "sparsty: 0.9")
    (error,) = visitor.post("/api/check", {"text": text, "place": []}).json()["errors"]
    assert text.splitlines()[error["line"] - 1].strip().startswith("- prune")
    assert "sparsity" in error["message"]


def test_what_another_tab_wrote_is_not_overwritten(visitor: Visitor) -> None:
    text = _copy(visitor)
    page = visitor.get("/compose/mine").text
    seen = page.partition('data-digest="')[2].partition('"')[0]
    first = visitor.post("/api/protocols/mine", {"text": text + "# one\n", "seen": seen}).json()
    second = visitor.post("/api/protocols/mine", {"text": text + "# two\n", "seen": seen}).json()
    assert "digest" in first
    assert second["error"]
    assert second["text"] == text + "# one\n"
    assert (visitor.lab.workspace.root / "protocols" / "mine.yaml").read_text("utf-8") == text + "# one\n"


def test_an_unfinished_text_is_kept(visitor: Visitor) -> None:
    _copy(visitor)
    seen = visitor.get("/compose/mine").text.partition('data-digest="')[2].partition('"')[0]
    visitor.post("/api/protocols/mine", {"text": "name: [", "seen": seen})
    assert "name: [" in visitor.get("/compose/mine").text
    assert visitor.get("/protocols").status_code == 200


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 81, ".hidden", "demo", "a\nb"])
def test_a_copy_needs_a_name_of_its_own(name: str, visitor: Visitor) -> None:
    answer = visitor.post("/api/protocols", {"source": "library", "base": "demo", "name": name})
    assert answer.status_code == 422
    assert not (visitor.lab.workspace.root / "protocols").exists()
