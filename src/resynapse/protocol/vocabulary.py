"""The vocabulary of protocols, extended by installed plug-ins."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from resynapse.engine import engines
from resynapse.networks import ARCHITECTURES, Architecture
from resynapse.outcomes import definition
from resynapse.outcomes import extend as extend_outcomes
from resynapse.plugins import admit, found
from resynapse.protocol.claim_tests import claim_tests
from resynapse.protocol.node import Node
from resynapse.protocol.steps import STEPS, Assess, Step
from resynapse.task import TASKS

if TYPE_CHECKING:
    from resynapse.protocol.tree import Protocol

_OF_A_TASK = ("features", "classes", "sizes", "draw")
_RESERVED = (*Node.__dataclass_fields__, "repeat", "sweep", "do")
"""Keys of a step's mapping that no step may be named like."""


def extend() -> None:
    """Let plug-ins join the vocabulary of protocols; what cannot be used is named in a warning."""
    admit("step", _take_step)
    admit("task", _take_task)
    admit("network", _take_network)
    extend_outcomes()
    engines()
    claim_tests()


def plugins_here() -> dict[str, str]:
    """Package, version and digest of the code of every plug-in in use, as ``{"step x": "package 1.0 (...)"}``."""
    extend()
    return {f"{p.what} {p.name}": f"{p.package} {p.version} ({p.code})" for p in found() if not p.problem}


def plugins_of(protocol: Protocol) -> dict[str, str]:
    """Those of `plugins_here` that a protocol uses."""
    steps = [node.step for node in protocol.nodes]
    for variant in protocol.variants.values():
        steps += [step for change in variant.changes for step in change.brings]
    used = {f"task {kind}" for kind, task in TASKS.items() if type(protocol.task) is task}
    used.add(f"network {protocol.network.kind}")
    used.update(f"step {step.kind}" for step in steps if step is not None)
    for step in steps:
        if isinstance(step, Assess):
            used.update(f"outcome {definition(name)}" for name in step.outcomes)
    return {name: made for name, made in plugins_here().items() if name in used}


def _take_step(name: str, loaded: Any) -> str:
    if not (isinstance(loaded, type) and issubclass(loaded, Step)):
        return f"{loaded!r} is no class derived from resynapse.protocol.Step"
    problem = _name_problem(name, getattr(loaded, "kind", None), (*STEPS, *_RESERVED))
    if problem:
        return problem
    if loaded.apply is Step.apply:
        return f"{loaded.__name__} has no method `apply`"
    if loaded.counts is not None and (loaded.trajectory is Step.trajectory or loaded.length is Step.length):
        return f"{loaded.__name__} counts {loaded.counts} but lacks `length` or `trajectory`"
    loaded.model_json_schema()
    STEPS[name] = loaded
    return ""


def _take_task(name: str, loaded: Any) -> str:
    if not (isinstance(loaded, type) and is_dataclass(loaded)):
        return f"{loaded!r} is no dataclass with the fields of a task"
    lacking = [part for part in _OF_A_TASK if not hasattr(loaded, part)]
    if lacking:
        return f"{loaded.__name__} lacks {', '.join(lacking)}"
    if name in TASKS:
        return f"the name {name!r} is taken"
    TypeAdapter(loaded).json_schema()
    task: Any = loaded
    TASKS[name] = task
    return ""


def _take_network(name: str, loaded: Any) -> str:
    if not (isinstance(loaded, type) and issubclass(loaded, Architecture) and is_dataclass(loaded)):
        return f"{loaded!r} is no dataclass derived from resynapse.networks.Architecture"
    problem = _name_problem(name, getattr(loaded, "kind", None), ARCHITECTURES)
    if problem:
        return problem
    if loaded.__abstractmethods__:
        return f"{loaded.__name__} lacks {', '.join(sorted(loaded.__abstractmethods__))}"
    TypeAdapter(loaded).json_schema()
    ARCHITECTURES[name] = loaded
    return ""


def _name_problem(name: str, kind: object, taken: Collection[str]) -> str:
    if kind != name:
        return f"its `kind` is {kind!r}, the entry point is named {name!r}; give both the same name"
    if not re.fullmatch(r"[a-z]\w*", name):
        return f"{name!r} is no name; use small letters, digits and _"
    return f"the name {name!r} is taken" if name in taken else ""
