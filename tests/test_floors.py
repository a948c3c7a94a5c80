"""The house stands: data flows one way, so imports go down only, without a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import resynapse

ROOT = Path(resynapse.__file__).parent
FLOORS = (
    {
        "errors",
        "version",
        "cores",
        "disclaimer",
        "html_view",
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
    {"lab"},
    {"cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
DOMAIN_ORDER = (
    "errors", "version", "cores", "disclaimer", "html_view", "plugins", "randomness", "task", "modulation", "networks", "plasticity", "tolerance", "outcomes",
)  # fmt: skip
SAME_CONCEPT = {"base", "perform", "training", "measurement"}
"""File names that several rooms have for the same thing."""
SHOWN_IN = {"cli", "report", "lab"}
"""Rooms that show what another room makes, under its name."""
MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _name(path: Path) -> str:
    parts = ("resynapse", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> set[str]:
    """Modules of resynapse that a file imports, anywhere in it, for its types too; `resynapse` alone for its version."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {module for module in found if module.split(".")[0] == "resynapse"}


def _upward(path: Path) -> Iterator[str]:
    """Imports of a file that go up, each with the reason."""
    here = _room(_name(path))
    if here not in LEVEL:
        yield f"{here} has no floor; give it one in this test and in design/architecture.md"
        return
    for module in sorted(_imports(path)):
        there = _room(module)
        if not there:
            yield f"{_name(path)} imports the package itself, the roof of the house"
        elif LEVEL[there] > LEVEL[here]:
            yield f"{_name(path)} imports {module}, a floor above it"
        elif LEVEL[there] == LEVEL[here] == 0 and DOMAIN_ORDER.index(there) > DOMAIN_ORDER.index(here):
            yield f"{_name(path)} imports {module}, above it in the domain"


def test_no_import_goes_up() -> None:
    assert [reason for path in MODULES for reason in _upward(path)] == []


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


def test_every_file_of_the_report_can_be_the_first_that_is_imported() -> None:
    # figures are imported by their names, which a reader of import statements does not see
    names = [_name(path) for path in (ROOT / "report").rglob("*.py") if path.stem != "__init__"]
    code = (
        "import importlib, sys\n"
        f"for name in {names}:\n"
        "    for loaded in [m for m in sys.modules if m.startswith('resynapse.report')]: del sys.modules[loaded]\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError as error: print(name, error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == ""


def test_the_last_rooms_hold_no_science() -> None:
    science = {"engine", "plasticity", "networks", "modulation"}
    paths = [path for room in ("cli", "report") for path in (ROOT / room).rglob("*.py")]
    assert len(paths) > 40
    assert [_name(path) for path in paths if {_room(m) for m in _imports(path)} & science] == []


def test_every_file_is_one_concept_of_readable_length() -> None:
    assert [_name(path) for path in MODULES if len(path.read_text("utf-8").splitlines()) > 500] == []


def test_no_file_name_means_two_things() -> None:
    homes: dict[str, set[str]] = {}
    for path in MODULES:
        room = _room(_name(path))
        if path.stem != "__init__" and room not in SHOWN_IN and path.parent != ROOT:
            homes.setdefault(path.stem, set()).add(room)
    assert {n: rooms for n, rooms in homes.items() if len(rooms) > 1 and n not in SAME_CONCEPT} == {}


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
        "print([m for m in ('numba', 'scipy', 'polars', 'numpy', 'importlib.metadata') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip().endswith("[]")
