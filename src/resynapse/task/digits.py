"""Real data: handwritten digits, the ones that scikit-learn ships."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from resynapse.randomness import Key
from resynapse.task.base import Sizes, TaskData, check_sizes
from resynapse.task.samples import PUBLISHED_SCALE, check_scale, divided

IMAGES, PIXELS, CLASSES = 1797, 64, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """Images of handwritten digits, 8 x 8 pixels, ten classes; every subject draws its own split.

    Parameters
    ----------
    train, test, clean : images of each set, together at most 1797; by default all of them, 6 : 2 : 1 as published.
    scale : root mean square of the pixels' sd in the training set, by default that of the published task. One factor
        serves all pixels, as many of them hardly vary.

    Handwriting without noise does not exist, so the clean set is a second held-out set, without added noise always.
    Source: Alpaydin and Kaynak (1998), doi 10.24432/C50P49, CC BY 4.0 (data/digits/LICENCE.md).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    train: int = 1_198
    test: int = 399
    clean: int = 200
    scale: float = PUBLISHED_SCALE

    def __post_init__(self) -> None:
        check_sizes(self.sizes)
        if sum(self.sizes) > IMAGES:
            requested = " + ".join(map(str, self.sizes))
            raise ValueError(f"train, test and clean need {requested} images; there are {IMAGES}")
        check_scale(self.scale)

    @property
    def features(self) -> int:
        """Number of pixels."""
        return PIXELS

    @property
    def classes(self) -> int:
        """Number of digits."""
        return CLASSES

    @property
    def sizes(self) -> Sizes:
        """Samples of each set."""
        return Sizes(self.train, self.test, self.clean)

    def draw(self, key: Key) -> TaskData:
        """The sets of the subject of `key`."""
        images, labels = shipped()
        return divided(images, labels, self.sizes, key, scale=self.scale, each=False)


@cache
def shipped() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The images as they ship, shape (1797, 64), values 0 to 16, and their labels, shape (1797,)."""
    with (resources.files("resynapse.data") / "digits" / "digits.npz").open("rb") as file, np.load(file) as arrays:
        images, labels = arrays["images"].astype(np.float64), arrays["labels"].astype(np.int64)
    for array in (images, labels):
        array.setflags(write=False)
    return images, labels
