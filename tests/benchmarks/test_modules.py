"""Every module of the benchmarks can still be run."""

from __future__ import annotations

import importlib
import pkgutil

import benchmarks
import pytest

MODULES = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"]


@pytest.mark.parametrize("name", MODULES)
def test_it_can_be_imported(name: str) -> None:
    if name.startswith("torch_"):
        pytest.importorskip("torch")
    importlib.import_module(f"benchmarks.{name}")
