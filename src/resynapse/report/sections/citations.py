"""What to cite, from the steps a protocol uses."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.protocol import Protocol
from resynapse.task import Digits
from resynapse.version import __version__

_ARTICLES = "10.5281/zenodo."
"""What the DOIs of the article and its siblings begin with."""
_DIGITS = (
    "Data: E. Alpaydin, C. Kaynak. Optical recognition of handwritten digits. UCI Machine Learning Repository, 1998. "
    "doi:10.24432/C50P49. CC BY 4.0"
)
_RANDOMNESS = (
    "Random streams: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw. Parallel random numbers: as easy as "
    "1, 2, 3. SC 2011. doi:10.1145/2063384.2063405"
)


def citations(protocol: Protocol) -> Iterator[str]:
    """The article, the methods in use, and the software, one line each."""
    if protocol.cite.startswith(_ARTICLES):
        yield f"Model and protocol: N. Cheung. Zenodo, 2026. doi:{protocol.cite}"
    elif protocol.cite:
        yield f"Protocol {protocol.name}: {protocol.cite}"
    else:
        yield f"Protocol {protocol.name} follows no publication."
    steps = [node.step for node in protocol.nodes if node.step is not None]
    yield from dict.fromkeys(line for step in steps for line in step.citations())
    if isinstance(protocol.task, Digits):
        yield _DIGITS
    yield _RANDOMNESS
    yield f"Software: resynapse {__version__}; see CITATION.cff"
