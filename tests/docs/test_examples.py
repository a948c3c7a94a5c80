"""Every example of the documentation does what its page says.

The blocks of a page are run in their order, in one folder and one Python session: Python is executed, `resynapse` commands are
called and what stands below them must be what they print (`...` for anything), protocol files must load and parts of them
fit the schema. Everything is run as written, but for the size: networks are tiny and cohorts have at most two subjects.

A comment before a block says what cannot be seen: `<!-- file: NAME -->` saves the block under a name, and `<!-- not run: WHY -->`
keeps it from being run. Such a block is compiled, or its commands parsed, all the same.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import resynapse as rs
from resynapse.cli import app, main
from resynapse.cohort import Cohort
from resynapse.networks import Perceptron
from resynapse.protocol import json_schema, load
from resynapse.protocol.files.library import loads_value
from resynapse.task import Table

ROOT = Path(__file__).parents[2]
WRITTEN = ("docs/project/", "docs/_build/")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CONTEXT_OF_USE.md")),
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not p.relative_to(ROOT).as_posix().startswith(WRITTEN)),
]
TOOLS = {"cd", "dask", "git", "mypy", "pip", "pytest", "python", "ruff", "sphinx-build"}
"""Programs that examples may name but that are not started here."""
_FENCE = re.compile(
    r"(?:<!-- (?P<note>[^>]+?) -->\n)?^(?P<indent> *)```(?P<kind>[a-z]+)\n(?P<text>.*?)^ *```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    kind: str
    text: str
    note: str

    def __str__(self) -> str:
        return f"{self.page} line {self.line}"

    @property
    def why_not_run(self) -> str:
        return self.note.removeprefix("not run: ") if self.note.startswith("not run: ") else ""


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(
            page=page.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, found.start("text")),
            kind=found["kind"],
            text=re.sub(f"^{found['indent']}", "", found["text"], flags=re.M),
            note=found["note"] or "",
        )
        for found in _FENCE.finditer(text)
    ]


def commands(block: Block) -> Iterator[tuple[list[str], str]]:
    """The words of each command, and what stands below it."""
    for part in re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.M)[1:]:
        line, _, output = part.partition("\n")
        pieces = line.split(" && ")
        for number, piece in enumerate(pieces):
            yield shlex.split(piece, comments=True), output if number == len(pieces) - 1 else ""


def called(words: list[str]) -> str:
    """What a resynapse command prints; one that fails fails the example."""
    said, complained, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            main(words)
        except SystemExit as stop:
            code = stop.code
    assert not code, f"resynapse {shlex.join(words)}: {complained.getvalue()}"
    return said.getvalue()


def known(words: list[str]) -> None:
    """A command of another program: it is one that examples may name, and what it starts is there."""
    assert words[0] in TOOLS, f"{words[0]} is no known program"
    if words[0] == "python" and words[1] == "-m":
        assert importlib.util.find_spec(words[2]), f"no module {words[2]}"
    elif words[0] == "python" and "/" in words[1]:
        assert (ROOT / words[1]).is_file(), f"no file {words[1]}"


def run_python(block: Block, session: dict[str, Any]) -> None:
    if block.text.startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(block.text, session, str(block), block.page, block.line)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        report: list[str] = []
        assert not runner.run(test, out=report.append, clear_globs=False).failed, "".join(report)
        session.update(test.globs)
        return
    code = compile("\n" * block.line + block.text, str(ROOT / block.page), "exec")
    if not block.why_not_run:
        exec(code, session)


def run_console(block: Block) -> None:
    for words, expected in commands(block):
        if words[0] != "resynapse":
            known(words)
        elif block.why_not_run:
            app.parse_args(words[1:], exit_on_error=False, print_error=False)
        else:
            said = called(words[1:])
            if expected:
                same = doctest.OutputChecker().check_output(expected, said, doctest.ELLIPSIS)
                assert same, f"{block}: {shlex.join(words)} printed\n{said}"


def check_yaml(block: Block, folder: Path) -> None:
    value = loads_value(block.text, str(block))
    if isinstance(value, dict) and "name" in value:
        rs.loads(block.text, source=str(block))
        if block.note.startswith("file: "):
            (folder / block.note.removeprefix("file: ")).write_text(block.text)
        return
    schema = json_schema()
    part = schema["$defs"]["path"] if isinstance(value, list) else {**schema, "anyOf": [{}]}
    jsonschema.Draft202012Validator({**part, "$defs": schema["$defs"]}).validate(value)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny networks on few samples, and at most two subjects."""

    def tiny(name: str | Path, **options: Any) -> rs.Protocol:
        whole = load(name, **options)
        # a table of the page's own is as small as the page makes it
        drawn = not isinstance(whole.task, Table)
        task = replace(whole.task, train=256, test=128, clean=32) if drawn else whole.task
        return replace(whole, task=task, network=Perceptron(hidden=(16, 12, 8)))

    monkeypatch.setattr("resynapse.protocol.load", tiny)
    monkeypatch.setattr("resynapse.api.Cohort", lambda size, root_seed: Cohort(size=min(size, 2), root_seed=root_seed))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session: dict[str, Any] = {"__name__": "example"}
    for block in blocks(page):
        if block.kind == "python":
            run_python(block, session)
        elif block.kind == "console":
            run_console(block)
        elif block.kind == "yaml":
            check_yaml(block, tmp_path)


NOT_RUN = [block for page in PAGES for block in blocks(page) if block.why_not_run]


@pytest.mark.parametrize("block", NOT_RUN, ids=str)
def test_what_is_not_run_says_why(block: Block) -> None:
    assert block.kind in ("python", "console"), f"{block}: only Python and commands are run"
    assert len(block.why_not_run.split()) >= 3, f"{block}: {block.why_not_run!r} is no reason"


SOURCES = Path(rs.__file__).parent
WITH_EXAMPLES = [p for p in sorted(SOURCES.rglob("*.py")) if ">>>" in p.read_text("utf-8")]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda p: p.relative_to(SOURCES).as_posix())
def test_the_examples_of_a_docstring_run(path: Path) -> None:
    parts = path.relative_to(SOURCES.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    found = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert found
    for test in found:
        report: list[str] = []
        assert not doctest.DocTestRunner().run(test, out=report.append).failed, "".join(report)


def test_comments_are_understood() -> None:
    for page in PAGES:
        notes = {b.note for b in blocks(page) if b.note}
        assert all(n.startswith(("not run: ", "file: ")) for n in notes), f"{page.name}: {notes}"


def test_a_wrong_example_is_caught(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="no_such"):
        run_console(Block("page", 1, "console", "$ resynapse show no_such\n", ""))
    with pytest.raises(AssertionError, match="printed"):
        run_console(Block("page", 1, "console", "$ resynapse controls\nnothing at all\n", ""))
    with pytest.raises(AssertionError, match="no known program"):
        run_console(Block("page", 1, "console", "$ resinapse show demo\n", ""))
    with pytest.raises(NameError):
        run_python(Block("page", 1, "python", "no_such\n", ""), {})
    with pytest.raises(jsonschema.ValidationError):
        check_yaml(Block("page", 1, "yaml", "- trane: {epochs: 1}\n", ""), tmp_path)
