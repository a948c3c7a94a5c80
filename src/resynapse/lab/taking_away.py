"""What can be taken away from a run: its command, its protocol as YAML, Python and a notebook, its report."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
