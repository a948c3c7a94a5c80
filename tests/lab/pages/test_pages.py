"""What pages show of a workspace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.lab.conftest import Visitor
from tests.miniatures import miniature

import resynapse as rs
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab, relative


def test_every_page_has_the_disclaimer(reader: Visitor) -> None:
    (run,) = reader.lab.workspace.runs()
    paths = ("/", "/protocols", "/protocols/library/demo", "/protocols/mine/small", "/runs", f"/runs/{run.id}", "/compare",
             f"/runs/{run.id}/take", f"/runs/{run.id}/whatif", f"/runs/{run.id}/subjects/0", f"/runs/{run.id}/results",
             "/compose/small", "/story/switch-relapse/1", "/story/switch-relapse/page", "/nothing")  # fmt: skip
    for path in paths:
        assert SHORT_DISCLAIMER in reader.get(path).text, path


def test_a_subject_is_shown_in_every_arm(reader: Visitor) -> None:
    (found,) = reader.lab.workspace.runs()
    assert "Subject 3" in reader.get(f"/runs/{found.id}/subjects/3").text
    assert "not finished" in reader.get(f"/runs/{found.id}/subjects/4").text
    assert len(reader.lab.live.subject(found, 3)) == len(rs.Run(found.path).table().filter(pl.col("subject") == 3))


@pytest.mark.parametrize("here", ["/", "/runs", "/runs/a", "/runs/a/results/b"])
@pytest.mark.parametrize("there", ["/", "/runs", "/static/lab.css", "/runs/a/take"])
def test_addresses_are_relative_so_that_a_prefix_stays(here: str, there: str) -> None:
    from urllib.parse import urljoin

    assert urljoin(f"http://hub/user/me/lab{here}", relative(here, there)) == f"http://hub/user/me/lab{there}"


def test_the_command_line_needs_no_server_until_it_is_asked_for_one() -> None:
    code = (
        "import sys; import resynapse; from resynapse.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('starlette', 'uvicorn', 'ruamel.yaml', 'resynapse.lab') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip().endswith("[]")


def test_a_missing_folder_is_one_line() -> None:
    from resynapse.lab.serve import serve

    with pytest.raises(ResynapseError, match="no such folder"):
        serve([Path("/does/not/exist")])


@pytest.mark.parametrize("name", ["gru-demo", "working-memory"])
def test_runs_of_recurrent_networks_have_every_page(name: str, lab: Lab) -> None:
    run = rs.run(miniature(name), subjects=2, engine="reference", out=lab.workspace.root / "resynapse-runs" / "a")
    reader, (found,) = Visitor(lab), lab.workspace.runs()
    assert reader.get(f"/runs/{found.id}").text.count('class="dot"') == 2 * len(run.protocol.routes)
    for path in ("/subjects/1", "/whatif", "/take", "?view=paired"):
        assert reader.get(f"/runs/{found.id}{path}").status_code == 200
    compared = reader.get("/compare", params={"first": found.id, "second": found.id}).text
    assert "the same in every subject" in compared
