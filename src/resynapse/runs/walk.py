"""One subject through the protocol tree: every shared stretch once, every condition measured at its position."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.errors import RunInterruptedError, SubjectError
from resynapse.networks import Network
from resynapse.outcomes import Calibration, Examination, noise_scale, outcome
from resynapse.protocol import Assess, Enrol, Step
from resynapse.protocol import Protocol as Experiment
from resynapse.protocol.conditions import below
from resynapse.protocol.derived_outcomes import derive
from resynapse.protocol.population.distributions import TRAIT, Place
from resynapse.protocol.population.trait_draws import step_of, trait_key, trait_name
from resynapse.protocol.routes import Branch, Route, RouteStep, calibrates, parted
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps import ENROLLED
from resynapse.randomness import uniforms
from resynapse.runs.events import ArmFinished, EpochDone, Listener, Measured, PhaseEntered, Row, ignore
from resynapse.runs.known import Known
from resynapse.task import TaskData, mapped

__all__ = ["Row", "reached", "walk"]

Seen = Mapping[str, Mapping[str, float]]
"""By arm, the latest value of every outcome that was measured on its way."""


NAMED = 4
"""Up to this many arms are named one by one where a walk says what it does."""


def walk(
    experiment: Experiment,
    subject: Subject,
    engine: Engine,
    tell: Listener = ignore,
    *,
    everyone: bool = False,
) -> list[Row]:
    """All results of one subject: a pure function of (protocol, root seed, subject number, engine).

    Parameters
    ----------
    tell : receives the phases, epochs and measurements; `RunInterruptedError` in it ends the walk.
    everyone : enrol every arm whatever it measured, to see what the whole protocol costs.

    Returns
    -------
    Rows arm by arm in the protocol's order, each arm's in the order of measuring, derived values last.

    Raises
    ------
    SubjectError : a step failed or training diverged; it names subject, arms and step.
    """
    walker = _Walker(experiment, subject, engine, subject.data(experiment), tell, everyone)
    walker.follow(State(walker.fresh()), experiment.routes, "", {arm: {} for arm in experiment.routes})
    return [row for arm in experiment.routes for row in walker.rows(arm)]


def reached(
    experiment: Experiment, arm: str, stops: int, subject: Subject, engine: Engine
) -> list[tuple[RouteStep, State]]:
    """The states of one subject after the first stops of one arm, side paths aside; the same numbers as in `walk`.

    Parameters
    ----------
    stops : how many stops of the arm's route are taken; those that only measure give no state.

    Raises
    ------
    SubjectError : as `walk`.
    """
    walker = _Walker(experiment, subject, engine, subject.data(experiment), ignore, everyone=False, reached=[])
    trunk = tuple(replace(stop, fork=(), at=(), share=True) for stop in experiment.routes[arm][:stops])
    walker.follow(State(walker.fresh()), {arm: trunk}, "", {arm: {}})
    return walker.reached or []


@dataclass(slots=True)
class _Walker:
    experiment: Experiment
    subject: Subject
    engine: Engine
    data: TaskData
    tell: Listener
    everyone: bool
    measured: dict[str, dict[tuple[str, str], float]] = field(default_factory=dict)
    reached: list[tuple[RouteStep, State]] | None = None
    """Every state on the way, where somebody wants them."""
    calibrations: dict[int, Calibration] = field(default_factory=dict)
    """By the identity of its intact network."""
    calibrates: bool = False
    mapped: dict[str, TaskData] = field(default_factory=dict)
    """The sets by another mapping that was asked for."""
    known: Known = field(default_factory=Known)
    aside: int = 0
    """Side paths that the walk is within."""

    def __post_init__(self) -> None:
        self.calibrates = calibrates(self.experiment.routes.values())

    def rows(self, arm: str) -> Iterator[Row]:
        """The arm's measured values, then its derived ones."""
        values = derive(self.experiment.derived, self.measured.get(arm, {}))
        for (condition, name), value in values.items():
            yield Row(arm, condition, name, value)

    def follow(self, state: State, group: Mapping[str, Route], suffix: str, seen: Seen) -> None:
        """Take every arm of the group to the end of its route from the state they share."""
        while group:
            group, seen = self._looked(state, group, suffix, seen)
            if not self.aside:
                for arm, route in group.items():
                    if not route:
                        self.tell(ArmFinished(subject=self.subject.number, arm=arm))
            branches = list(parted(group))
            if not branches:
                return
            *apart, last = branches
            for branch in apart:
                self.follow(self._taken(state, branch, suffix, seen), branch.rest, suffix, seen)
            # continues in this call, so that a long path nests no calls and keeps no earlier states
            state = self._taken(state, last, suffix, seen)
            group = last.rest

    def _follow_aside(self, state: State, group: Mapping[str, Route], suffix: str, seen: Seen) -> None:
        self.aside += 1
        self.follow(state, group, suffix, seen)
        self.aside -= 1

    def _taken(self, state: State, branch: Branch, suffix: str, seen: Seen) -> State:
        with self._placed(branch.stop, branch.rest):
            state = self._take(state, branch, suffix, seen)
        if self.reached is not None:
            self.reached.append((branch.stop, state))
        return state

    def _looked(
        self, state: State, group: Mapping[str, Route], suffix: str, seen: Seen
    ) -> tuple[dict[str, Route], Seen]:
        """Measure and select, arm by arm, until the next stop of each changes the state; what is not so is passed by.

        Measuring does not change the state, so arms that differ only in measurements stay together.
        """
        known: dict[tuple[Step, str], dict[str, float | None]] = {}
        left: dict[str, Route] = {}
        after: dict[str, Mapping[str, float]] = {}
        for arm, route in group.items():
            values = dict(seen[arm])
            while route:
                stop, rest = route[0], route[1:]
                if stop.when is not None and not stop.when.holds(values):
                    route = rest
                    continue
                stop = replace(stop, when=None)
                if not isinstance(stop.step, (Assess, Enrol)):
                    route = (stop, *rest)
                    break
                with self._placed(stop, [arm]):
                    goes_on = self._look(state, stop, suffix, arm, values, known)
                if not goes_on:
                    route = ()
                    break
                aside = (replace(stop, step=None, stream="", draws=()),) if stop.fork else ()
                route = (*aside, *rest)
                if aside:
                    break
            left[arm], after[arm] = route, values
        return left, after

    def _look(
        self,
        state: State,
        stop: RouteStep,
        suffix: str,
        arm: str,
        values: dict[str, float],
        known: dict[tuple[Step, str], dict[str, float | None]],
    ) -> bool:
        """Measure or select one arm; whether it continues."""
        step, suffix = self._drawn(stop, [arm]), stop.named(suffix)
        if isinstance(step, Assess):
            condition = step.condition + suffix
            if (step, condition) not in known:
                known[step, condition] = self._measured(state, step, condition)
            for name, value in known[step, condition].items():
                # what has no value now must not be decided by an earlier one
                values.pop(name, None)
                if value is not None:
                    self._store([arm], condition, name, value)
                    values[name] = value
                    self.tell(
                        Measured(subject=self.subject.number, arm=arm, condition=condition, outcome=name, value=value)
                    )
        elif isinstance(step, Enrol):
            enrolled = self.everyone or step.criterion.holds(values)
            self._store([arm], step.condition + suffix, ENROLLED, 100.0 if enrolled else 0.0)
            return enrolled
        return True

    def _take(self, state: State, branch: Branch, suffix: str, seen: Seen) -> State:
        step = self._drawn(branch.stop, branch.rest)
        suffix = branch.stop.named(suffix)
        induced = branch.stop.section != "induction"
        if step is not None and self.calibrates and state.intact is None and (step.loses or induced):
            state = replace(state, intact=state.network)
        if step is not None and state.induced is None and induced:
            state = replace(state, induced=state.network)
        if step is not None and step.counts is not None:
            return self._advance(state, step, branch, suffix, seen)
        if step is not None:
            state = step.apply(state, self._setting(branch.stop.stream, state))
        self._follow_aside(state, branch.forks, suffix, seen)
        return state

    def _advance(self, state: State, step: Step, branch: Branch, suffix: str, seen: Seen) -> State:
        """A step with counts: one trajectory with forks, or a run apart for each count."""
        stop = branch.stop
        if step.counts == "epochs":
            self.tell(
                PhaseEntered(
                    subject=self.subject.number,
                    arms=self._arms(branch.rest),
                    stream=stop.stream,
                    epochs=step.length,
                )
            )
        if not stop.share:
            for count in stop.at:
                apart = self._setting(f"{stop.stream}/apart={count}", state)
                for _, reached in step.trajectory(state, apart, [count]):
                    self._check(reached, branch)
                    self._follow_aside(reached, branch.forks, below(suffix, count), seen)
            if not any(branch.rest.values()):
                return state
        forks = stop.at if stop.share else ()
        for count, reached in step.trajectory(state, self._setting(stop.stream, state), {*forks, step.length}):
            self._check(reached, branch)
            if count in forks:
                self._follow_aside(reached, branch.forks, below(suffix, count), seen)
            state = reached
        if not stop.at:
            self._follow_aside(state, branch.forks, suffix, seen)
        return state

    def _measured(self, state: State, step: Assess, condition: str) -> dict[str, float | None]:
        scale, data = 1.0, self._data(state)
        if step.noise == "scaled":
            reference = state.network if state.induced is None else state.induced
            scale = noise_scale(self.engine, self.data.test.inputs, state.network, state.modulation, reference)
        examined = Examination(
            network=state.network,
            modulation=state.modulation,
            marked=state.marked,
            draws=step.draws,
            first_draw=step.first_draw,
            noise_scale=scale,
            own_noise=step.noise == "own",
            calibration=self._calibration(state) if step.noise == "calibrated" else None,
            data=data,
            key=self.subject.key.of(f"assess/{condition}"),
            responder=self.engine,
            known=self.known.of(state.network, data),
        )
        return {o.name: o.measure(examined) for o in map(outcome, step.outcomes)}

    def _calibration(self, state: State) -> Calibration:
        intact = state.network if state.intact is None else state.intact
        made = Calibration(intact, self.data, self.subject.key.of("calibrate"))
        return self.calibrations.setdefault(id(intact), made)

    def _drawn(self, stop: RouteStep, arms: Collection[str]) -> Step | None:
        """The step with this subject's traits in it; they are stored with the results."""
        if stop.step is None or not stop.draws:
            return stop.step
        numbers: dict[Place, float] = {}
        for place, drawn in stop.draws:
            name = trait_name(stop, place, drawn)
            key = trait_key(self.subject.key, name, drawn)
            numbers[place] = drawn.value(self.subject.number, float(uniforms(key, 1, 1)[0, 0]))
            self._store(arms, TRAIT, name, numbers[place])
        return step_of(stop.step, numbers)

    def _store(self, arms: Collection[str], condition: str, name: str, value: float) -> None:
        for arm in arms:
            self.measured.setdefault(arm, {})[condition, name] = value

    def _data(self, state: State) -> TaskData:
        """The sets with the answers that the state's mapping asks for."""
        if state.mapping and state.mapping not in self.mapped:
            self.mapped[state.mapping] = mapped(self.experiment.task, self.data, state.mapping)
        return self.mapped[state.mapping] if state.mapping else self.data

    def fresh(self) -> Network:
        """The subject's network before anything is learnt, in the engine's precision."""
        return self.subject.network(self.experiment).astype(self.engine.dtype)

    def _setting(self, stream: str, state: State) -> Setting:
        return Setting(
            engine=self.engine,
            data=self._data(state),
            batch_size=self.experiment.batch_size,
            key=self.subject.key.of(stream),
            pause=self._pause,
            fresh=self.fresh,
        )

    def _pause(self) -> None:
        self.tell(EpochDone(subject=self.subject.number))

    def _check(self, state: State, branch: Branch) -> None:
        for values in state.network.values.values():
            if not np.isfinite(values).all():
                raise SubjectError(
                    f"{self._place(branch.stop, branch.rest)}: "
                    "training diverged (a weight is not finite); lower its learning rate"
                )

    @contextmanager
    def _placed(self, stop: RouteStep, arms: Collection[str]) -> Iterator[None]:
        """What goes wrong within says where it did."""
        try:
            yield
        except (RunInterruptedError, SubjectError):
            raise
        except Exception as error:
            raise SubjectError(f"{self._place(stop, arms)}: {error}") from error

    def _place(self, stop: RouteStep, arms: Collection[str]) -> str:
        return f"subject {self.subject.number}, arm {self._arms(arms)}, step {stop.stream or 'fork'}"

    def _arms(self, arms: Collection[str]) -> str:
        every = len(self.experiment.arms) + len(self.experiment.variants)
        if len(arms) == every > 1:
            return "all arms"
        first, *others = arms
        return ", ".join(arms) if len(arms) <= NAMED else f"{first} and {len(others)} alike so far"
