"""The factorial of two arms: every mixture of their components as an arm of one tree, every shared stretch run once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resynapse.attribution.followup import alike, follow_up, merged, path, washout_alone, washouts
from resynapse.attribution.reach import FOLLOW_UP, GAIN, WASHOUT, unreached
from resynapse.attribution.requested import Needed, Requested, requested
from resynapse.attribution.treatments import COMPONENTS, treatment
from resynapse.controls.exposure import within
from resynapse.errors import ProtocolError, nearest
from resynapse.protocol import Protocol
from resynapse.protocol.prose.wording import in_words
from resynapse.protocol.routes import Route, stops
from resynapse.protocol.steps import Assess

MOST = 8
"""Most components: k of them make 2**k mixtures."""
ALL = {**COMPONENTS, WASHOUT: "washout of the stabiliser", FOLLOW_UP: "all that follows the treatment"}
"""Every component by its key, with its name in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Components that are taken from one arm or the other together.

    Parameters
    ----------
    keys : of `ALL`; one, or those that were joined.
    first, second : what each arm has of it, in words.
    """

    keys: tuple[str, ...]
    first: str
    second: str

    @property
    def name(self) -> str:
        """In words."""
        return " and ".join(ALL[key] for key in self.keys)

    @property
    def key(self) -> str:
        """As it is named on the command line."""
        return "+".join(key.replace("_", "-") for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factorial:
    """The tree that an attribution needs.

    Parameters
    ----------
    protocol : an arm for every mixture.
    first, second : the arms that are compared; the first is the mixture of all components, the second that of none.
    players : what is attributed to, in the order of their bits.
    arms : names of the mixtures; bit `i` of a place says whether component `i` is the first arm's.
    requested : outcomes.
    reaching : of each outcome, the players that can reach it.
    equal : components in which the arms do not differ, in words.
    """

    protocol: Protocol
    first: str
    second: str
    players: tuple[Player, ...]
    arms: tuple[str, ...]
    requested: tuple[Requested, ...]
    reaching: tuple[tuple[int, ...], ...]
    equal: tuple[str, ...]


def factorial(
    protocol: Protocol,
    between: Sequence[str],
    outcomes: Sequence[str] = (),
    at: str | None = None,
    join: Sequence[Sequence[str]] = (),
) -> Factorial:
    """The tree for a contrast.

    Parameters
    ----------
    between : the first and the second arm, variants included.
    outcomes, at : see `requested`.
    join : components that count as one.

    Raises
    ------
    ProtocolError : arms, outcomes or components that do not exist or cannot be taken apart; arms that do not
        differ; too many components.
    """
    first, second = one_contrast(protocol, between)
    wanted, needed = requested(protocol, (first, second), outcomes, at)
    ours, theirs = treatment(protocol, first), treatment(protocol, second)
    if ours.marked != theirs.marked:
        raise ProtocolError(f"one of {first} and {second} alone has a mark; change is measured from different moments")
    after = {arm: follow_up(protocol, arm, needed.measured) for arm in (first, second)}
    differing = [key for key in COMPONENTS if getattr(ours, key) != getattr(theirs, key)]
    phrases = {key: (ours.in_words(key), theirs.in_words(key)) for key in differing}
    route, other = after[first], after[second]
    if alike(route) != alike(other):
        key = WASHOUT if washout_alone(route, other) else FOLLOW_UP
        phrases[key] = _after(key, route), _after(key, other)
    players = _players(phrases, join)
    lost = [unreached(protocol, one, after, (ours, theirs)) for one in wanted]
    reaching = tuple(tuple(i for i, p in enumerate(players) if not lost_to.issuperset(p.keys)) for lost_to in lost)
    for one, who in zip(wanted, reaching, strict=True):
        if not who:
            raise ProtocolError(f"{first} and {second} do not differ in anything that reaches {one}; name other arms")
    if len(players) > MOST:
        raise ProtocolError(
            f"{len(players)} components make {2 ** len(players)} mixtures; at most {MOST} components are possible: "
            f"take some together, as in --join {','.join(p.key for p in players[:2])}"
        )
    names = tuple(_name(players, mixture, first, second) for mixture in range(2 ** len(players)))
    keys = [{key for i, p in enumerate(players) if mixture >> i & 1 for key in p.keys} for mixture in range(len(names))]
    single = [i for i, p in enumerate(players) if p.keys == (GAIN,)]
    forgetful = [i for i, who in enumerate(reaching) if not set(single) <= set(who)]
    after_all = _follow_ups(protocol, (first, second), wanted, forgetful, dict(zip(names, keys, strict=True)))
    tree = Protocol(
        name=f"{protocol.name}-attribution",
        title=f"Mixtures of two arms of {protocol.name}",
        cite=protocol.cite,
        task=protocol.task,
        network=protocol.network,
        batch_size=protocol.batch_size,
        induction=path(tuple(s for s in protocol.routes[first] if within(s) == "induction")),
        arms={
            name: theirs.taking(ours, [key for key in COMPONENTS if key in taken]).path
            for name, taken in zip(names, keys, strict=True)
        },
        follow_up=merged(after_all),
        derived=tuple(needed.rules),
    )
    return Factorial(
        protocol=tree,
        first=first,
        second=second,
        players=players,
        arms=names,
        requested=wanted,
        reaching=reaching,
        equal=tuple(ALL[key] for key in COMPONENTS if key not in differing),
    )


def one_contrast(protocol: Protocol, between: Sequence[str]) -> tuple[str, str]:
    """The two arms that are named.

    Raises
    ------
    ProtocolError : not two, the same twice, unknown, or with two inductions.
    """
    if len(between) != 2:
        raise ProtocolError(f"{', '.join(between) or 'nothing'} is no contrast; name two arms, as in ketamine,ssri")
    routes = protocol.routes
    for arm in between:
        if arm not in routes:
            raise ProtocolError(f"protocol {protocol.name} has no arm {arm!r}; {nearest(arm, routes)}")
    first, second = between
    if first == second:
        raise ProtocolError(f"{first} minus {second} is nothing; name two different arms")
    inductions = [tuple(s for s in routes[arm] if within(s) == "induction") for arm in between]
    if inductions[0] != inductions[1]:
        raise ProtocolError(f"{first} and {second} part before their treatment; name arms with one induction")
    return first, second


def _players(phrases: dict[str, tuple[str, str]], join: Sequence[Sequence[str]]) -> tuple[Player, ...]:
    groups: dict[str, tuple[str, ...]] = {key: (key,) for key in phrases}
    for names in join:
        meant = [name.strip().replace("-", "_") for name in names]
        for key in meant:
            if key not in phrases:
                known = [k.replace("_", "-") for k in phrases]
                raise ProtocolError(f"{key.replace('_', '-')!r} is no component here; {nearest(key, known)}")
        joined = tuple(key for key in phrases if any(key in groups[m] for m in meant))
        groups.update(dict.fromkeys(joined, joined))
    return tuple(
        Player(keys=keys, first="; ".join(phrases[k][0] for k in keys), second="; ".join(phrases[k][1] for k in keys))
        for keys in dict.fromkeys(groups.values())
    )


def _name(players: Sequence[Player], mixture: int, first: str, second: str) -> str:
    """The arm of a mixture; here a variant is an arm of its own, whose name has no colon."""
    if mixture == 2 ** len(players) - 1:
        return first.replace(":", ".")
    keys = (player.key for i, player in enumerate(players) if mixture >> i & 1)
    return "+".join([second.replace(":", "."), *keys])


def _follow_ups(
    protocol: Protocol,
    arms: tuple[str, str],
    outcomes: Sequence[Requested],
    forgetful: Sequence[int],
    mixtures: Mapping[str, set[str]],
) -> list[tuple[Route, list[str]]]:
    """The follow-up of every mixture, those with the same one together.

    Parameters
    ----------
    forgetful : outcomes that cannot know the gain at the test. Mixtures with that of the first arm, which share no
        training with the others, are not followed to them: the others have the same values. The first arm itself is.
    """
    found: dict[tuple[bool, bool], tuple[Route, list[str]]] = {}
    whole = list(mixtures)[-1]
    for name, keys in mixtures.items():
        late = bool(keys & {WASHOUT, FOLLOW_UP})
        spared = GAIN in keys and name != whole
        if (late, spared) not in found:
            wanted = Needed()
            for i, one in enumerate(outcomes):
                for arm in arms if not spared or i not in forgetful else ():
                    wanted.of(protocol, arm, one)
            found[late, spared] = (follow_up(protocol, arms[0] if late else arms[1], wanted.measured), [])
        found[late, spared][1].append(name)
    return list(found.values())


def _after(key: str, route: Route) -> str:
    """What follows a treatment, in words."""
    if key == WASHOUT:
        return "; ".join(f"{d.steps} steps of {d.per_step:g}" for d in washouts(route)) or "none"
    kinds = [stop.step.kind for stop in stops(route) if stop.step is not None and not isinstance(stop.step, Assess)]
    return in_words(list(dict.fromkeys(kinds))) or "nothing"
