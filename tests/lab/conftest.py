from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.miniatures import miniature

import resynapse as rs
from resynapse.lab.app import application
from resynapse.lab.context import Lab
from resynapse.lab.security.trust import TOKEN_HEADER, Trust
from resynapse.lab.workspace.workspace import RUNS, Workspace
from resynapse.protocol import dumps

BASE = "http://localhost:8888"


class Visitor:
    """A browser that has opened the printed address."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.client = TestClient(application(lab), base_url=BASE, follow_redirects=False)
        self.client.get("/", params={"token": lab.trust.token})
        self.headers = {TOKEN_HEADER: lab.trust.page_token}

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, content: object) -> Any:
        return self.client.post(path, json=content, headers=self.headers)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(workspace=Workspace(tmp_path), trust=Trust(port=8888))


@pytest.fixture
def visitor(lab: Lab) -> Visitor:
    return Visitor(lab)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with one finished run of four small subjects."""
    folder = tmp_path_factory.mktemp("recorded")
    small = miniature("demo")
    (folder / "protocols").mkdir()
    (folder / "protocols" / "small.yaml").write_text(dumps(small), "utf-8")
    rs.run(small, subjects=4, out=folder / RUNS / "small-seed0", workers=1)
    return folder


@pytest.fixture
def reader(recorded: Path) -> Visitor:
    """A visitor of the recorded workspace."""
    return Visitor(Lab(workspace=Workspace(recorded), trust=Trust(port=8888)))
