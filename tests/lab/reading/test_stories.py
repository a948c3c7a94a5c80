"""Stories are told over recorded runs and over those of a workspace."""

from __future__ import annotations

from pathlib import Path

from tests.lab.conftest import Visitor

from resynapse.lab.context import Lab
from resynapse.lab.reading.stories import Teller, parse, stories


def test_every_shipped_story_is_told_and_its_figures_are_there(lab: Lab) -> None:
    teller = Teller(lab.workspace, lab.live)
    found = stories(lab.workspace)
    assert "switch-relapse" in found
    for name, text in found.items():
        story = parse(text, name)
        for step in story.steps:
            assert step.methods, step.title
            assert step.knob, step.title
            assert step.text, step.title
            assert step.tried or teller.chart(story, step) is not None, step.title


def test_a_story_of_ones_own_run(reader: Visitor, recorded: Path) -> None:
    folder = recorded / "stories"
    folder.mkdir(exist_ok=True)
    text = "# Mine\nrun: small-seed0\n## One\nfigure: acc_combined at acute\n\nText.\n"
    (folder / "mine.md").write_text(text, "utf-8")
    assert 'class="dot"' in reader.get("/story/mine/1").text
    (folder / "mine.md").write_text(text.replace("at acute", "at acute, arms nobody"), "utf-8")
    assert reader.get("/story/mine/1").status_code == 422
    (folder / "mine.md").write_text("nothing", "utf-8")
    assert "expected" in reader.get("/story/mine/1").text
    assert reader.get("/story/switch-relapse/99").status_code == 404
