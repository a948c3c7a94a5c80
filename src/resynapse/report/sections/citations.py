"""What to cite, from the steps a protocol uses."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.protocol import Protocol, Prune, PruneMore, Regrow, Train
from resynapse.task import Digits
from resynapse.version import __version__

_ARTICLES = "10.5281/zenodo."
"""What the DOIs of the article and its siblings begin with."""
_ADAM = "Optimiser: D. P. Kingma, J. Ba. Adam: a method for stochastic optimization. ICLR 2015. arXiv:1412.6980"
_PRUNING = (
    "Magnitude pruning: S. Han, J. Pool, J. Tran, W. J. Dally. Learning both weights and connections for efficient "
    "neural networks. NeurIPS 2015. arXiv:1506.02626"
)
_REGROWTH = (
    "Gradient-guided regrowth: U. Evci, T. Gale, J. Menick, P. S. Castro, E. Elsen. Rigging the lottery: making all "
    "tickets winners. ICML 2020. arXiv:1911.11134"
)
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
    steps = [node.step for node in protocol.nodes]
    if any(isinstance(step, Train) for step in steps):
        yield _ADAM
    if any(isinstance(step, (Prune, PruneMore)) for step in steps):
        yield _PRUNING
    if any(isinstance(step, Regrow) and step.by == "gradient" for step in steps):
        yield _REGROWTH
    if isinstance(protocol.task, Digits):
        yield _DIGITS
    yield _RANDOMNESS
    yield f"Software: resynapse {__version__}; see CITATION.cff"
