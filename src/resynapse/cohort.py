"""The cohort: which simulated subjects a run has, each with its own random streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resynapse.errors import ResynapseError
from resynapse.networks import Network
from resynapse.protocol import Protocol
from resynapse.protocol.population.trait_draws import check_draws
from resynapse.protocol.population.trait_tables import Column
from resynapse.randomness import Key
from resynapse.task import TaskData


@dataclass(frozen=True, slots=True)
class Subject:
    """One simulated network's identity; all that is random about it hangs below its key."""

    root_seed: int
    number: int

    @property
    def key(self) -> Key:
        """The subject's root stream."""
        return Key(self.root_seed, self.number)

    def data(self, protocol: Protocol) -> TaskData:
        """The subject's own training, test and clean sets."""
        return protocol.task.draw(self.key.of("data"))

    def network(self, protocol: Protocol) -> Network:
        """The subject's network before anything is learnt, float64."""
        return protocol.network.initialise(self.key.of("initialisation"), protocol.task)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Subjects 0 to size - 1 of a root seed; a larger cohort begins with the smaller one.

    Parameters
    ----------
    size : number of subjects, at least 1.
    root_seed : integer of 0 or more; two seeds give unrelated cohorts.
    """

    size: int
    root_seed: int = 0

    def __post_init__(self) -> None:
        if type(self.size) is not int or type(self.root_seed) is not int:
            raise ResynapseError(
                f"{self.size!r} subjects with seed {self.root_seed!r} is not possible: both are whole numbers"
            )
        if self.size < 1:
            raise ResynapseError(f"{self.size} subjects is not possible: a cohort has at least 1")
        if self.root_seed < 0:
            raise ResynapseError(f"seed {self.root_seed} is not possible: give an integer of 0 or more")

    def check(self, protocol: Protocol) -> None:
        """Refuse a protocol whose tables have fewer rows than the cohort subjects, or that draws what cannot be.

        Raises
        ------
        ProtocolError : the table, or the trait, the first such subject and its value.
        """
        for trait in protocol.traits:
            if isinstance(trait, Column):
                trait.reaches(self.size)
        check_draws(protocol, self.root_seed, self.size)

    def __iter__(self) -> Iterator[Subject]:
        return (Subject(self.root_seed, number) for number in range(self.size))
