"""The sdist and the wheel: what is in them, and that the wheel works alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_twine_has_nothing_to_say(built: Path) -> None:
    files = [str(path) for path in built.iterdir()]
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *files], check=True)


def test_the_wheel_holds_every_tracked_file_of_the_package_and_nothing_else(built: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {name.removeprefix("src/") for name in listed.stdout.splitlines()}
    with zipfile.ZipFile(_wheel(built)) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert names == wanted


def test_the_sdist_can_be_tested(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tests/conftest.py", "docs/index.md", "CITATION.cff", "LICENSE", "pyproject.toml"} <= inside
    assert not [name for name in inside if "__pycache__" in name or name.startswith(".git/")]


def test_the_first_commands_of_the_readme_run_from_the_wheel_alone(built: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    bin_ = tmp_path / "venv" / "bin"
    subprocess.run([str(bin_ / "pip"), "install", "-q", str(_wheel(built))], check=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for words in (("demo",), ("audit", "switch-relapse", "--recorded")):
        command = [str(bin_ / "resynapse"), *words]
        said = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        assert "Next:" in said.stdout
    assert (tmp_path / "resynapse-runs" / "demo-seed0" / "report.html").exists()


@pytest.mark.parametrize("words", [("pipx", "run", "--spec"), ("uvx", "--from")])
def test_the_wheel_runs_without_being_installed(built: Path, words: tuple[str, ...]) -> None:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not on this machine")
    said = subprocess.run(
        [*words, str(_wheel(built)), "resynapse", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip()


def test_the_citation_file_is_valid() -> None:
    tool = str(Path(sys.executable).parent / "cffconvert")
    subprocess.run([tool, "--validate", "-i", str(ROOT / "CITATION.cff")], check=True)
