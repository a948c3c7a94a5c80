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
    """The identity of one simulated network; all of its random numbers derive from its key."""

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
    """Subjects 0 to size - 1 of a root seed; a larger cohort contains the smaller one as its first subjects.

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
                f"expected whole numbers of subjects and seed, got {self.size!r} and {self.root_seed!r}"
            )
        if self.size < 1:
            raise ResynapseError(f"expected at least 1 subject, got {self.size}")
        if self.root_seed < 0:
            raise ResynapseError(f"expected a seed of 0 or more, got {self.root_seed}")

    def check(self, protocol: Protocol) -> None:
        """Refuse a protocol if a table has too few rows for the cohort, or if a drawn value is out of range.

        Raises
        ------
        ProtocolError : names the table; or the trait, the first such subject and its value.
        """
        for trait in protocol.traits:
            if isinstance(trait, Column):
                trait.reaches(self.size)
        check_draws(protocol, self.root_seed, self.size)

    def __iter__(self) -> Iterator[Subject]:
        return (Subject(self.root_seed, number) for number in range(self.size))
