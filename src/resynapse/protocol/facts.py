"""What is known about every outcome that a protocol stores, measured or derived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.outcomes import Facts, known, outcome
from resynapse.protocol.conditions import base
from resynapse.protocol.routes import looks
from resynapse.protocol.steps import ENROLLED, Assess

if TYPE_CHECKING:
    from resynapse.protocol.tree import Protocol

_ENROLLED = Facts(ENROLLED, "%", "whether the subject continues", title="subjects that continue", flag=True)


def facts(protocol: Protocol) -> dict[str, Facts]:
    """The facts about every outcome of a protocol, by the name in the results."""
    found: dict[str, Facts] = {}
    names: dict[str, None] = {}
    order: dict[str, None] = {}
    for route in protocol.routes.values():
        for condition, step in looks(route):
            order[base(condition)] = None
            names.update(dict.fromkeys(step.outcomes if isinstance(step, Assess) else [ENROLLED]))
    # the arms ask for the same few outcomes hundreds of times
    for name in names:
        one = _ENROLLED if name == ENROLLED else outcome(name)
        found[one.name] = one
    for rule in protocol.derived:
        found[rule.outcome] = rule.facts(found, list(order))
    return found


def facts_of(name: str, protocol: Protocol | None = None) -> Facts:
    """The facts about one outcome; of one that nothing is known about, a dimensionless one."""
    found = facts(protocol).get(name) if protocol is not None else None
    if found is None:
        found = _ENROLLED if name == ENROLLED else known(name)
    return Facts(name, "1", "") if found is None else found
