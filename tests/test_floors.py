"""The house stands: data flows one way, so imports go down only, without a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import resynapse

ROOT = Path(resynapse.__file__).parent
FLOORS = (
    {
        "errors",
        "disclaimer",
        "plugins",
        "randomness",
        "networks",
        "modulation",
        "task",
        "plasticity",
        "tolerance",
        "outcomes",
    },
    {"engine"},
    {"protocol"},
    {"controls"},
    {"cohort"},
    {"runs"},
    {"analysis"},
    {"publication"},
    {"clinical"},
    {"audits"},
    {"attribution"},
    {"report"},
    {"api"},
    {"cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
DOMAIN_ORDER = (
    "errors", "disclaimer", "plugins", "randomness", "networks", "task", "modulation", "plasticity", "tolerance", "outcomes",
)  # fmt: skip
MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _name(path: Path) -> str:
    parts = ("resynapse", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> set[str]:
    """Modules of resynapse that a file imports, anywhere in it, type checking aside."""
    found: set[str] = set()

    class Visitor(ast.NodeVisitor):
        def visit_If(self, node: ast.If) -> None:
            if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
                self.generic_visit(node)

        def visit_Import(self, node: ast.Import) -> None:
            found.update(a.name for a in node.names)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            if node.module:
                found.add(node.module)

    Visitor().visit(ast.parse(path.read_text("utf-8")))
    return {m for m in found if m.split(".")[0] == "resynapse" and m != "resynapse"}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_import_goes_up(path: Path) -> None:
    here = _room(_name(path))
    assert here in LEVEL, f"{here} has no floor; give it one in this test and in design/architecture.md"
    for module in _imports(path):
        there = _room(module)
        assert LEVEL[there] <= LEVEL[here], f"{_name(path)} imports {module}, a floor above it"
        if LEVEL[there] == LEVEL[here] == 0 and here != there:
            assert DOMAIN_ORDER.index(there) < DOMAIN_ORDER.index(here), f"{here} imports {there}"


def test_no_circle_of_imports() -> None:
    names = {_name(p) for p in MODULES}
    graph = {_name(p): _imports(p) & names for p in MODULES}
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join([*above, module])
        if module not in done:
            for below in graph[module]:
                visit(below, (*above, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_the_last_rooms_hold_no_science() -> None:
    for name in ("cli", "report"):
        for path in (ROOT / name).glob("*.py"):
            assert not {_room(m) for m in _imports(path)} & {"engine", "plasticity", "networks", "modulation"}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_file_is_one_concept_of_readable_length(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


def test_importing_resynapse_imports_nothing_heavy() -> None:
    heavy = ["numpy", "numba", "scipy", "polars", "pydantic", "rich", "cyclopts", "yaml", "dask", "distributed"]
    code = f"import sys, resynapse; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_help_needs_neither_kernels_nor_tables() -> None:
    code = (
        "import sys; from resynapse.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numba', 'scipy', 'polars', 'numpy') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip().endswith("[]")
