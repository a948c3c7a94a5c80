"""Every control by its name: those that ship and those of installed packages, and how one is added to a protocol.

Each adds, beside every arm that it changes, a variant named ``ARM:CONTROL``. Everything up to the first difference is
shared with the arm itself. Source: model of section 8.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from resynapse.controls.control import Action, Control, Role
from resynapse.controls.shipped import SHIPPED
from resynapse.errors import ProtocolError
from resynapse.plugins import admit, unknown
from resynapse.protocol.tree import Protocol

CONTROLS: dict[str, Control] = {control.name: control for control in SHIPPED}
"""The controls that ship; those of packages join when `controls` is first called."""
RENAMED = {"scaled-noise": "pruned-scale-noise"}
"""Former names of controls, which files and commands may still hold."""


class RenamedWarning(FutureWarning):
    """A name that is still understood, but has another one now."""


def controls() -> Mapping[str, Control]:
    """Every control by its name, those of installed packages last."""
    admit("control", _take)
    return CONTROLS


def nuisances() -> tuple[str, ...]:
    """Names of the controls in which every claim has to hold."""
    return tuple(name for name, control in controls().items() if control.role == "nuisance")


def is_reference(control: str) -> bool:
    """Whether what a control makes is no treatment of anything, but what tests are read against."""
    found = controls().get(control)
    return found is not None and found.role == "reference"


def control_named(name: str) -> Control:
    """The control of a name, or of a former one, with a warning.

    Raises
    ------
    ProtocolError : there is none.
    """
    control = controls().get(RENAMED.get(name, name))
    if control is None:
        raise ProtocolError(unknown("control", name, CONTROLS))
    if name in RENAMED:
        text = f"control {name} is now called {control.name}: {control.isolates}"
        warnings.warn(text, RenamedWarning, stacklevel=3)
    return control


def controlled(protocol: Protocol, name: str) -> Protocol:
    """The protocol with the variants of a control, stored under the name that was given.

    A variant that the protocol has already stays as it is. A former name (`RENAMED`) does the same with a warning.

    Raises
    ------
    ProtocolError : no such control, or it changes no arm of this protocol.
    """
    control = control_named(name)
    new, rules = control.adds(protocol, protocol.routes, name)
    if not new and not rules:
        present = control.variants(protocol, name).keys() & protocol.variants.keys()
        why = "its variants are there already" if present else control.why_not(protocol)
        raise ProtocolError(f"control {name} changes nothing in protocol {protocol.name}: {why}")
    return replace(protocol, variants={**protocol.variants, **new}, derived=(*protocol.derived, *rules))


def _take(name: str, loaded: Any) -> str:
    if not isinstance(loaded, Control):
        return f"{loaded!r} is no resynapse.controls.Control"
    if loaded.name != name:
        return f"its `name` is {loaded.name!r}, the entry point is named {name!r}; give both the same name"
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        return f"{name!r} is no name; use small letters, digits and -"
    if name in CONTROLS or name in RENAMED:
        return f"the name {name!r} is taken"
    for field, allowed in (("role", get_args(Role)), ("action", get_args(Action))):
        if getattr(loaded, field) not in allowed:
            return f"its `{field}` is {getattr(loaded, field)!r}; allowed: {', '.join(allowed)}"
    CONTROLS[name] = loaded
    return ""
