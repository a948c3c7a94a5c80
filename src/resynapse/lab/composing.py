"""The composer."""

from __future__ import annotations

from starlette.routing import BaseRoute

READING: list[BaseRoute] = []
WRITING: list[BaseRoute] = []
