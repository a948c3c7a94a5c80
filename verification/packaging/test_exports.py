"""Exports, judged by the tools of others: the validator of RO-Crate and the executor of notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("default")  # those of the tools of others
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
OPEN = (
    "url",  # resynapse has no address of its own to name
    "agent",  # who ran it is not recorded
    "`author`",
    "`publisher`",
    "absolute URI",
)
"""Recommendations that a crate leaves to the person who publishes it."""


@pytest.fixture
def _without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The context of RO-Crate 1.1 comes from the package `rocrate` 0.13; any other address is an error."""
    import requests
    import rocrate
    from rocrate_validator.utils.http import HttpRequester

    content = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()
    assert json.loads(content)["@id"] == CONTEXT

    def get(_: HttpRequester, url: str, **_options: object) -> requests.Response:
        assert url == CONTEXT
        answer = requests.Response()
        answer.status_code, answer._content = 200, content
        answer.headers["Content-Type"] = "application/ld+json"
        return answer

    monkeypatch.setattr(HttpRequester, "get", get, raising=False)


def _issues(crate: Path, severity: str) -> list[str]:
    from rocrate_validator import services
    from rocrate_validator.models import Severity

    settings = services.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="process-run-crate",
        requirement_severity=Severity[severity],
        skip_availability_check=True,
        no_cache=True,
    )
    return [str(issue.message) for issue in services.validate(settings).get_issues()]


@pytest.mark.usefixtures("_without_network")
def test_the_crate_meets_every_requirement_of_its_profiles(exported: Path) -> None:
    assert _issues(exported, "REQUIRED") == []


@pytest.mark.usefixtures("_without_network")
def test_a_crate_without_its_run_is_refused(exported: Path) -> None:
    path = exported / "ro-crate-metadata.json"
    whole = path.read_text()
    content = json.loads(whole)
    for one in content["@graph"]:
        one.pop("instrument", None)
    path.write_text(json.dumps(content))
    try:
        assert _issues(exported, "REQUIRED") != []
    finally:
        path.write_text(whole)


@pytest.mark.usefixtures("_without_network")
def test_what_is_recommended_is_left_open_only_where_a_person_must_decide(exported: Path) -> None:
    assert [text for text in _issues(exported, "RECOMMENDED") if not any(word in text for word in OPEN)] == []


def test_the_notebook_is_valid_and_runs_in_jupyter(exported: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(exported / "again.ipynb", as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=600).execute()
    assert "the same numbers to the last digit" in str(notebook.cells[-1].outputs)
