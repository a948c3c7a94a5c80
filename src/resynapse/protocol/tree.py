"""A protocol as a tree: one induction, arms that branch from its end, a common follow-up with side paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from pydantic import ValidationError

from resynapse.errors import ProtocolError, nearest
from resynapse.html_view import html_view
from resynapse.networks import Architecture, Perceptron
from resynapse.protocol.claims import Claim
from resynapse.protocol.derived_outcomes import Derived
from resynapse.protocol.endpoints import Endpoint
from resynapse.protocol.given_titles import GivenTitles
from resynapse.protocol.node import Node, Path, Stepwise, every, nodes
from resynapse.protocol.population.distributions import Trait
from resynapse.protocol.prose.sentences import lines
from resynapse.protocol.remembered import Remembered
from resynapse.protocol.routes import Route, route
from resynapse.protocol.steps import Assess, Step
from resynapse.protocol.validation.claims import decidable
from resynapse.protocol.validation.rules import check, measurable, readable
from resynapse.protocol.variants import Variant
from resynapse.task import GaussianBlobs, Task

_ROUTES = Remembered[Route](2048)


@dataclass(frozen=True, kw_only=True, repr=False)
class Protocol:
    """An experiment, written down.

    Parameters
    ----------
    name : names the results.
    title, cite : one line on what it is, and the DOI of the article it follows (empty for none).
    task : what the networks learn.
    network : architecture of the networks.
    batch_size : samples of a training step.
    induction : path from the fresh network to the state that all arms share.
    arms : the treatment path of each arm.
    follow_up : path that every arm takes afterwards.
    derived : outcomes computed from measured ones.
    variants : arms that are another one but for stated changes.
    claims : conclusions that an audit decides; they change no number.
    primary : endpoints over which p values are adjusted; they change no number of a run.
    titles : of arms, conditions and outcomes, for readers; they change no number.
    """

    name: str
    title: str = ""
    cite: str = ""
    task: Task = field(default_factory=GaussianBlobs)
    network: Architecture = field(default_factory=Perceptron)
    batch_size: int = 128
    induction: Path = ()
    arms: Mapping[str, Path] = field(default_factory=dict)
    follow_up: Path = ()
    derived: tuple[Derived, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    primary: tuple[Endpoint, ...] = ()
    titles: GivenTitles = field(default_factory=GivenTitles)

    def __post_init__(self) -> None:
        check(self)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "routes"}

    def __repr__(self) -> str:
        controls = f", {len(self.variants)} with a control" if self.variants else ""
        return f"Protocol({self.name!r}: arms {', '.join(self.arms) or 'none'}{controls}; {len(self.claims)} claims)"

    def _repr_html_(self) -> str:
        """What a notebook shows: the steps of every arm, in words."""
        paths = {"every arm, before": self.induction, **self.arms, "every arm, after": self.follow_up}
        rows = [(name, text) for name, path in paths.items() for _, text in lines(path, measures=True)]
        return html_view(self.title or self.name, repr(self), ("arm", "step"), rows)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of every site of the network: the widths of its hidden layers."""
        return tuple(self.network.sites.values())

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        """What each arm, variants included, does from the fresh network on."""
        arms = {
            arm: _ROUTES.of((self.induction, path, self.follow_up), partial(self._route, arm), also=arm)
            for arm, path in self.arms.items()
        }
        variants = {
            name: _ROUTES.of((variant, arms[variant.of]), partial(variant.route, arms[variant.of]))
            for name, variant in self.variants.items()
        }
        return {**arms, **variants}

    def _route(self, arm: str) -> Route:
        return route(arm, induction=self.induction, treatment=self.arms[arm], follow_up=self.follow_up)

    @property
    def nodes(self) -> Iterator[Node]:
        """Every node of the tree, side paths included."""
        for path in (self.induction, *self.arms.values(), self.follow_up):
            yield from every(path)

    @property
    def traits(self) -> Iterator[Trait]:
        """Where the numbers come from that each subject has its own of."""
        for node in self.nodes:
            yield from (trait for _, trait in node.draws)

    def with_arm(self, name: str, steps: Sequence[Stepwise]) -> Protocol:
        """The same protocol with one more arm, or another treatment in an existing arm."""
        return replace(self, arms={**self.arms, name: nodes(steps)})

    def with_primary(self, endpoints: Sequence[Endpoint]) -> Protocol:
        """The same protocol with those of these primary endpoints that it measures."""
        return replace(self, primary=measurable(self, endpoints))

    def only(self, arms: Sequence[str]) -> Protocol:
        """The same protocol with some of its arms; the numbers of these do not change.

        Raises
        ------
        ProtocolError : an arm is not there, or none is named.
        """
        arms = [arms] if isinstance(arms, str) else arms
        if not arms:
            raise ProtocolError(f"no arm is named; protocol {self.name} has {', '.join(self.arms)}")
        for name in arms:
            if name not in self.arms and name not in self.variants:
                known = [*self.arms, *self.variants]
                raise ProtocolError(f"protocol {self.name} has no arm {name!r}; {nearest(name, known)}")
            if name in self.variants and self.variants[name].of not in arms:
                raise ProtocolError(f"{name} is made of {self.variants[name].of}; name this arm too")
        kept = [name for name in self.arms if name in arms]
        return self._changed(
            variants={name: variant for name, variant in self.variants.items() if name in arms},
            arms={name: _of_arms(self.arms[name], kept) for name in kept},
            induction=_of_arms(self.induction, kept),
            follow_up=_of_arms(self.follow_up, kept),
        )

    def with_follow_up(self, path: Path) -> Protocol:
        """The same protocol with another follow-up; what can no longer be derived or claimed goes too."""
        return self._changed(follow_up=path)

    def with_outcomes(self, condition: str, outcomes: Sequence[str]) -> Protocol:
        """The same protocol with other outcomes measured at a condition; derived ones that lose their input go too.

        Raises
        ------
        ProtocolError : the condition is not assessed, or an outcome is unknown.
        """
        found = [n.step.condition for n in self.nodes if isinstance(n.step, Assess)]
        if condition not in found:
            raise ProtocolError(f"protocol {self.name} has no condition {condition!r}; {nearest(condition, found)}")

        try:
            outcomes = Assess(condition=condition, outcomes=tuple(outcomes)).outcomes
        except ValidationError as error:
            raise ProtocolError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None

        def changed(step: Step | None) -> Step | None:
            meant = isinstance(step, Assess) and step.condition == condition
            return step.model_copy(update={"outcomes": outcomes}) if step is not None and meant else step

        def change(path: Path) -> Path:
            return tuple(replace(node, fork=change(node.fork), step=changed(node.step)) for node in path)

        return self._changed(
            induction=change(self.induction),
            arms={name: change(path) for name, path in self.arms.items()},
            follow_up=change(self.follow_up),
        )

    def _changed(self, **parts: Any) -> Protocol:
        """The protocol with other parts, and those derived outcomes, endpoints and claims that can still be read."""
        changed = replace(self, derived=(), primary=(), **parts)
        changed = replace(changed, derived=readable(changed, self.derived))
        return replace(changed.with_primary(self.primary), claims=decidable(changed, self.claims))


def _of_arms(path: Path, kept: Sequence[str]) -> Path:
    """The path as the arms that are kept need it; what none of them takes loses its side path, not its place."""
    left = []
    for node in path:
        arms = tuple(a for a in node.arms if a in kept)
        skip = tuple(a for a in node.skip if a in kept)
        fork = _of_arms(node.fork, kept)
        if (node.arms and not arms) or (node.step is None and not fork):
            # no arm takes it, but it still counts in the order that names random streams
            if node.step is not None:
                left.append(replace(node, arms=(), skip=tuple(kept), at=(), fork=()))
            continue
        left.append(replace(node, arms=arms, skip=skip, fork=fork, at=node.at if fork else ()))
    return tuple(left)
