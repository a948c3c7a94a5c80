"""One control: a named change to a protocol, what it isolates, and what it may decide in an audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from resynapse.protocol.arms import Arm
from resynapse.protocol.derived_outcomes import Derived
from resynapse.protocol.routes import Route
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Made, Variant

Role = Literal["nuisance", "ablation", "sweep", "reference"]
"""What a control may decide in an audit.

- ``nuisance``: it changes how something is measured or made comparable, not what is claimed (noise draws and scale,
  learning exposure, washout, thresholds). Every claim whose cells it touches has to hold in it.
- ``ablation``: it removes a part of the treatment. It decides only what claims say about mechanisms.
- ``sweep``: another strength or kind of challenge. It gives the range over which a claim holds.
- ``reference``: the intact network, which says whether a test can separate arms at all.
"""
Action = Literal["equalise", "swap", "remove", "sweep", "measure otherwise"]
"""What is done to a constant: made equal in all arms, exchanged between arms, removed, set to another value, or only
measured in another way."""


def _no_variants(_: Protocol) -> Made:
    return iter(())


def _no_rules(_: Protocol) -> Iterator[Derived]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A named control.

    Parameters
    ----------
    name : as on the command line.
    role : what it may decide; see `Role`.
    constant, action : the constant of the protocol that it is about, and what it does to it; see `Action`.
    isolates : one sentence on what the comparison with the arm itself shows.
    lacks : why it changes nothing, where it does not.
    make : the changes for each arm; changes that leave an arm as it is are dropped.
    rules : derived outcomes that it adds to every arm.
    dear : whether it trains whole networks many times slower, so that only a full audit runs it.
    """

    name: str
    role: Role
    constant: str
    action: Action
    isolates: str
    lacks: str | Callable[[Protocol], str]
    make: Callable[[Protocol], Made] = _no_variants
    rules: Callable[[Protocol], Iterator[Derived]] = _no_rules
    dear: bool = False

    def variants(self, protocol: Protocol, name: str = "") -> dict[str, Variant]:
        """The variants that it proposes, by name, whether they change their arm or not.

        Parameters
        ----------
        name : under which they are stored; by default its own.
        """
        name = name or self.name
        return {str(Arm(arm, name)): Variant(of=arm, changes=made, control=name) for arm, made in self.make(protocol)}

    def adds(
        self, protocol: Protocol, routes: Mapping[str, Route], name: str = ""
    ) -> tuple[dict[str, Variant], tuple[Derived, ...]]:
        """The variants that differ from their arm, and the derived outcomes; neither that the protocol has already.

        Parameters
        ----------
        routes : those of the protocol, which are dear to compute.
        name : under which the variants are stored; by default the control's own.
        """
        proposed = self.variants(protocol, name)
        new = {
            n: v for n, v in proposed.items() if n not in protocol.variants and v.route(routes[v.of]) != routes[v.of]
        }
        return new, tuple(rule for rule in self.rules(protocol) if rule not in protocol.derived)

    def why_not(self, protocol: Protocol) -> str:
        """Why it changes nothing in a protocol."""
        return self.lacks if isinstance(self.lacks, str) else self.lacks(protocol)
