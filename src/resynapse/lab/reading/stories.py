"""Guided stories: a Markdown file over a recorded run, step by step, each with a sentence, a knob and a figure.

A story begins with its title, and names the run it tells of: `record: NAME` for one that ships, or `run: FOLDER` for a
run of the workspace. Each `## Step` may have the lines `methods:`, `knob:`, `figure: OUTCOME at CONDITION, arms A, B`
and `try: PATH`; the rest is text.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resynapse.errors import ResynapseError
from resynapse.lab.reading.charts import Chart, arms_chart
from resynapse.lab.reading.live import Live
from resynapse.lab.workspace.workspace import UnknownError, Workspace
from resynapse.protocol import Protocol, load
from resynapse.protocol.prose.titles import titles_of

if TYPE_CHECKING:
    import polars as pl

_SHIPPED = resources.files("resynapse.lab") / "shipped"
_LINE = re.compile(r"(methods|knob|figure|try): (.+)")
_FIGURE = re.compile(r"(?P<outcome>\S+) at (?P<condition>[^\s,]+)(?:, arms (?P<arms>.+))?")
MOST_BYTES = 200_000
DEFAULT = "switch-relapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a story."""

    title: str
    methods: str = ""
    knob: str = ""
    figure: str = ""
    tried: str = ""
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story.

    Parameters
    ----------
    source : ``record`` or ``run``, and its name.
    """

    title: str
    source: tuple[str, str]
    steps: tuple[Step, ...]


def parse(text: str, name: str) -> Story:
    """A story from its text.

    Raises
    ------
    ResynapseError : it has no title, no run or no step.
    """
    head, *blocks = re.split(r"^## ", text, flags=re.MULTILINE)
    title = re.search(r"^# (.+)$", head, re.MULTILINE)
    source = re.search(r"^(record|run): (.+)$", head, re.MULTILINE)
    if title is None or source is None or not blocks:
        raise ResynapseError(f"{name}: expected `# Title`, a line `record: NAME` or `run: FOLDER`, and `## Step`s")
    return Story(title=title[1], source=(source[1], source[2].strip()), steps=tuple(map(_step, blocks)))


def _step(block: str) -> Step:
    title, _, body = block.partition("\n")
    said: dict[str, str] = {}
    rest: list[str] = []
    for line in body.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found and not rest:
            said[found[1]] = found[2]
        elif line.strip() or rest:
            rest.append(line.strip())
    text = tuple(" ".join(part.split()) for part in "\n".join(rest).split("\n\n") if part.strip())
    return Step(
        title=title.strip(), methods=said.get("methods", ""), knob=said.get("knob", ""), figure=said.get("figure", ""),
        tried=said.get("try", ""), text=text,
    )  # fmt: skip


def stories(workspace: Workspace) -> dict[str, str]:
    """Every story by its name: those of the workspace, then those that ship."""
    folder = workspace.root / "stories"
    there = sorted(folder.glob("*.md")) if folder.is_dir() else []
    own = {p.stem: p for p in there if not p.is_symlink() and p.resolve().is_relative_to(workspace.root)}
    found = {name: path.read_text("utf-8")[:MOST_BYTES] for name, path in own.items()}
    shipped = {entry.name.removesuffix(".md"): entry for entry in _SHIPPED.iterdir() if entry.name.endswith(".md")}
    return {**{name: entry.read_text("utf-8") for name, entry in shipped.items()}, **found}


class Teller:
    """Finds what the figures of a story show.

    Parameters
    ----------
    live : reads runs of the workspace.
    """

    def __init__(self, workspace: Workspace, live: Live) -> None:
        self.workspace, self.live = workspace, live

    def about(self, story: Story) -> str:
        """What the story tells of, in one line."""
        kind, name = story.source
        if kind == "record":
            of = _record(name)["about"]
            return f"{of['subjects']} simulated subjects of {of['protocol']}, seed {of['seed']}, recorded"
        return f"the run {name}"

    def chart(self, story: Story, step: Step) -> Chart | None:
        """The figure of a step; None where it has none.

        Raises
        ------
        ResynapseError : the figure names what the run does not have.
        """
        if not step.figure:
            return None
        found = _FIGURE.fullmatch(step.figure)
        if found is None:
            raise ResynapseError(f"step {step.title!r}: expected `figure: OUTCOME at CONDITION, arms A, B`")
        protocol, frame = self._values(story, found["condition"], found["outcome"])
        there = list(dict.fromkeys(frame["arm"]))
        arms = [arm.strip() for arm in found["arms"].split(",")] if found["arms"] else there
        missing = [arm for arm in arms if arm not in there]
        if missing:
            raise ResynapseError(f"step {step.title!r}: no values of arm {missing[0]} in {step.figure!r}")
        titles = titles_of(protocol)
        unit = titles.of(found["outcome"]).unit
        # an arm has one colour through the whole story
        every = [arm for arm in protocol.routes if arm in arms]
        looks = {arm: place for place, arm in enumerate(protocol.arms)}
        return arms_chart(
            protocol, frame, found["outcome"], titles.at(found["condition"], found["outcome"]),
            "" if unit == "1" else unit, {arm: titles.arm(arm) for arm in every}, arms,
            titles.of(found["outcome"]).decimals, looks,
        )  # fmt: skip

    def _values(self, story: Story, condition: str, outcome: str) -> tuple[Protocol, pl.DataFrame]:
        import polars as pl

        kind, name = story.source
        if kind == "record":
            record = _record(name)
            cells = record["cells"].get(f"{outcome} at {condition}")
            if cells is None:
                raise ResynapseError(f"the record {name} has no {outcome} at {condition}")
            rows = [(n, arm, v) for arm, values in cells.items() for n, v in enumerate(values) if v is not None]
            schema = {"subject": pl.Int64, "arm": pl.String, "value": pl.Float64}
            return load(record["about"]["protocol"]), pl.DataFrame(rows, schema=schema, orient="row")
        run = next((one for one in self.workspace.runs() if one.name == name), None)
        if run is None:
            raise UnknownError(f"no run {name!r} in this workspace; name one of the page Runs")
        return self.live.protocol(run), self.live.values(run, condition, outcome)


@lru_cache(maxsize=8)
def _record(name: str) -> dict[str, Any]:
    entry = _SHIPPED / f"{name}.json"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not entry.is_file():
        raise UnknownError(f"no record {name!r} ships; write `run: FOLDER` to tell of a run of your own")
    found: dict[str, Any] = json.loads(entry.read_text("utf-8"))
    return found


def recorded(run: Path, story: Story) -> dict[str, Any]:
    """The record that a story needs of a run: `python -m resynapse.lab.reading.stories STORY.md RUN > NAME.json`."""
    import polars as pl

    from resynapse.disclaimer import SHORT_DISCLAIMER
    from resynapse.runs.store.folder import RunFolder

    folder = RunFolder(run)
    manifest, table = folder.manifest(), folder.table()
    cells: dict[str, dict[str, list[float | None]]] = {}
    for found in filter(None, (_FIGURE.fullmatch(step.figure) for step in story.steps)):
        chosen = table.filter((pl.col("condition") == found["condition"]) & (pl.col("outcome") == found["outcome"]))
        arms: dict[str, list[float | None]] = {}
        for subject, arm, value in chosen.select("subject", pl.col("arm").cast(pl.String), "value").iter_rows():
            column = arms.setdefault(arm, [None] * manifest.subjects)
            column[subject] = round(value, 4)
        cells[f"{found['outcome']} at {found['condition']}"] = arms
    about = {"protocol": manifest.protocol.name, "subjects": manifest.subjects, "seed": manifest.root_seed,
             "engine": manifest.engine, "identity": manifest.identity}  # fmt: skip
    return {"disclaimer": SHORT_DISCLAIMER, "about": about, "cells": cells}


if __name__ == "__main__":
    told = parse(Path(sys.argv[1]).read_text("utf-8"), sys.argv[1])
    print(json.dumps(recorded(Path(sys.argv[2]), told), separators=(",", ":")))
