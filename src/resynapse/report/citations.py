"""What to cite, from the steps a protocol uses."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse import __version__
from resynapse.protocol import Protocol, Train

_METHODS = {
    Train: "Optimiser: D. P. Kingma, J. Ba. Adam: a method for stochastic optimization. ICLR 2015. arXiv:1412.6980",
}
_RANDOMNESS = (
    "Random streams: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw. Parallel random numbers: as easy as "
    "1, 2, 3. SC 2011. doi:10.1145/2063384.2063405"
)


def citations(protocol: Protocol) -> Iterator[str]:
    """The article, the methods in use, and the software, one line each."""
    if protocol.cite:
        yield f"Model and protocol: N. Cheung. Zenodo, 2026. doi:{protocol.cite}"
    else:
        yield f"Protocol {protocol.name} follows no publication."
    for step, line in _METHODS.items():
        if any(isinstance(node.step, step) for node in protocol.nodes):
            yield line
    yield _RANDOMNESS
    yield f"Software: resynapse {__version__}; see CITATION.cff"
