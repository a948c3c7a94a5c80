"""The application that every command registers with."""

from __future__ import annotations

from cyclopts import App

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.version import __version__

app = App(
    name="resynapse",
    version=__version__,
    help="An in-silico laboratory for synaptic-pruning models of depression and its treatment.",
    help_epilogue=SHORT_DISCLAIMER,
    help_format="plaintext",
)
