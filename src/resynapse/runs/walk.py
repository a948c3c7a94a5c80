"""One subject through the protocol tree: every shared stretch once, every condition measured where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np

from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.errors import RunInterruptedError, SubjectError
from resynapse.outcomes import Examination, outcome
from resynapse.protocol import Assess, Step
from resynapse.protocol import Protocol as Experiment
from resynapse.protocol.paths import Branch, Route, Stop, below, parted
from resynapse.protocol.schema import with_drawn
from resynapse.protocol.state import Setting, State
from resynapse.protocol.traits import TRAIT
from resynapse.randomness import uniforms
from resynapse.task import TaskData


class Row(NamedTuple):
    """One value of one subject."""

    arm: str
    condition: str
    outcome: str
    value: float


class Watch(Protocol):
    """Who looks on while a subject walks: progress, and a way to stop."""

    def phase(self, name: str) -> None:
        """A new phase begins."""

    def epoch(self) -> None:
        """An epoch is over; raise `RunInterruptedError` to stop here."""


class Unwatched:
    """Nobody looks on."""

    def phase(self, name: str) -> None:
        """Nothing to say."""

    def epoch(self) -> None:
        """Go on."""


def walk(experiment: Experiment, subject: Subject, engine: Engine, watch: Watch | None = None) -> list[Row]:
    """All results of one subject: a pure function of (protocol, root seed, subject number, engine).

    Returns
    -------
    Rows arm by arm in the protocol's order, each arm's in the order of measuring, derived values last.

    Raises
    ------
    SubjectError : a step failed or training diverged; it names subject, arms and step.
    """
    watch = watch or Unwatched()
    walker = _Walker(experiment, subject, engine, subject.data(experiment), watch)
    network = subject.network(experiment).astype(engine.dtype)
    walker.follow(State(network), experiment.routes, "")
    return [row for arm in experiment.routes for row in walker.rows(arm)]


def trunk(
    experiment: Experiment, arm: str, subject: Subject, engine: Engine, watch: Watch | None = None
) -> Iterator[tuple[Stop, State]]:
    """The states of one subject after every stop of one arm, side paths aside; the same numbers as in `walk`.

    Raises
    ------
    SubjectError : as `walk`.
    """
    walker = _Walker(experiment, subject, engine, subject.data(experiment), watch or Unwatched())
    state = State(subject.network(experiment).astype(engine.dtype))
    for stop in experiment.routes[arm]:
        alone = replace(stop, fork=(), at=(), share=True)
        state = walker.taken(state, Branch(alone, {}, {arm: ()}), "")
        yield stop, state


@dataclass(slots=True)
class _Walker:
    experiment: Experiment
    subject: Subject
    engine: Engine
    data: TaskData
    watch: Watch
    measured: dict[str, dict[tuple[str, str], float]] = field(default_factory=dict)

    def rows(self, arm: str) -> Iterator[Row]:
        """The arm's measured values, then its derived ones."""
        values = dict(self.measured.get(arm, {}))
        for rule in self.experiment.derived:
            values.update({(condition, rule.outcome): v for condition, v in rule.values(values)})
        for (condition, name), value in values.items():
            yield Row(arm, condition, name, value)

    def follow(self, state: State, group: Mapping[str, Route], suffix: str) -> None:
        """Take every arm of the group to the end of its route from the state they share."""
        branches = list(parted(group))
        while branches:
            *apart, last = branches
            for branch in apart:
                self.follow(self.taken(state, branch, suffix), branch.rest, suffix)
            # goes on in this call, so that a long path nests no calls and keeps no state behind it
            state = self.taken(state, last, suffix)
            branches = list(parted(last.rest))

    def taken(self, state: State, branch: Branch, suffix: str) -> State:
        """The state after the stop of a branch; what stands on its side paths is measured on the way."""
        try:
            return self._take(state, branch, suffix)
        except (RunInterruptedError, SubjectError):
            raise
        except Exception as error:
            raise SubjectError(f"{self._place(branch)}: {error}") from error

    def _take(self, state: State, branch: Branch, suffix: str) -> State:
        if branch.stop.when is not None and not branch.stop.when.holds(state.seen):
            return state
        step = self._drawn(branch)
        suffix = branch.stop.named(suffix)
        if isinstance(step, Assess):
            state = self._measure(state, step, branch, suffix)
        elif step is not None and step.counts is not None:
            return self._advance(state, step, branch, suffix)
        elif step is not None:
            state = step.apply(state, self._setting(branch.stop.stream))
        self.follow(state, branch.forks, suffix)
        return state

    def _advance(self, state: State, step: Step, branch: Branch, suffix: str) -> State:
        """A step with counts: one trajectory with forks, or a run apart for each count."""
        stop = branch.stop
        if step.counts == "epochs":
            self.watch.phase(f"{self._arms(branch)}: {stop.stream}")
        if not stop.share:
            for count in stop.at:
                apart = self._setting(f"{stop.stream}/apart={count}")
                for _, reached in step.trajectory(state, apart, [count]):
                    self._check(reached, branch)
                    self.follow(reached, branch.forks, below(suffix, count))
            if not any(branch.rest.values()):
                return state
        forks = stop.at if stop.share else ()
        for count, reached in step.trajectory(state, self._setting(stop.stream), {*forks, step.length}):
            self._check(reached, branch)
            if count in forks:
                self.follow(reached, branch.forks, below(suffix, count))
            state = reached
        if not stop.at:
            self.follow(state, branch.forks, suffix)
        return state

    def _measure(self, state: State, step: Assess, branch: Branch, suffix: str) -> State:
        condition = step.condition + suffix
        seen = Examination(
            network=state.network,
            modulation=state.modulation,
            marked=state.marked,
            data=self.data,
            key=self.subject.key.of(f"assess/{condition}"),
            responder=self.engine,
        )
        values = {o.name: o.measure(seen) for o in map(outcome, step.outcomes)}
        for name, value in values.items():
            self._store(branch, condition, name, value)
        return replace(state, seen={**state.seen, **values})

    def _drawn(self, branch: Branch) -> Step | None:
        """The step with this subject's traits in it; they are stored with the results."""
        stop = branch.stop
        if stop.step is None or not stop.draws:
            return stop.step
        numbers = {}
        for place, distribution in stop.draws:
            name = distribution.name or ".".join(map(str, (stop.stream, *place)))
            numbers[place] = distribution.at(float(uniforms(self.subject.key.of(f"{TRAIT}/{name}"), 1, 1)[0, 0]))
            self._store(branch, TRAIT, name, numbers[place])
        return with_drawn(type(stop.step), stop.step.model_dump(exclude_none=True), numbers)

    def _store(self, branch: Branch, condition: str, name: str, value: float) -> None:
        for arm in branch.rest:
            self.measured.setdefault(arm, {})[condition, name] = value

    def _setting(self, stream: str) -> Setting:
        return Setting(
            engine=self.engine,
            data=self.data,
            batch_size=self.experiment.batch_size,
            key=self.subject.key.of(stream),
            pause=self.watch.epoch,
        )

    def _check(self, state: State, branch: Branch) -> None:
        for values in (*state.network.weights, *state.network.biases):
            if not np.isfinite(values).all():
                raise SubjectError(
                    f"{self._place(branch)}: training diverged (a weight is not finite); lower its learning rate"
                )

    def _place(self, branch: Branch) -> str:
        return f"subject {self.subject.number}, arm {self._arms(branch)}, step {branch.stop.stream or 'fork'}"

    def _arms(self, branch: Branch) -> str:
        every = len(self.experiment.arms) + len(self.experiment.variants)
        return "all arms" if len(branch.rest) == every > 1 else ", ".join(branch.rest)
