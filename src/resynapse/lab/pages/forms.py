"""What pages send: fields of a form as JSON, and the answer that says where the page goes next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from resynapse.errors import ResynapseError
from resynapse.lab.context import path_of, relative


async def fields(request: Request) -> dict[str, Any]:
    """The body of a change.

    Raises
    ------
    ResynapseError : it is no JSON object.
    """
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ResynapseError("expected a JSON object; reload the page") from None
    if not isinstance(found, dict):
        raise ResynapseError("expected a JSON object; reload the page")
    return found


def whole(content: dict[str, Any], name: str, default: int | None = None) -> int | None:
    """A whole number of a form; the default where the field is empty.

    Raises
    ------
    ResynapseError : it is no whole number.
    """
    value = content.get(name, "")
    if value in ("", None):
        return default
    text = str(value).strip()
    if isinstance(value, bool) or not text.lstrip("+-").isdigit() or len(text) > 12:
        raise ResynapseError(f"{name}: expected a whole number, got {text[:40]!r}")
    return int(text)


def cohort(content: dict[str, Any]) -> int:
    """The size of a cohort.

    Raises
    ------
    ResynapseError : it is not given, or no whole number.
    """
    subjects = whole(content, "subjects")
    if subjects is None:
        raise ResynapseError("subjects: give the size of the cohort, such as 10")
    return subjects


def listed(content: dict[str, Any], name: str) -> list[str]:
    """The texts of a field that a form has once or more often, empty ones too."""
    value = content.get(name, "")
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def texts(content: dict[str, Any], name: str) -> tuple[str, ...]:
    """The texts of such a field that are not empty."""
    return tuple(text for text in listed(content, name) if text.strip())


def go(request: Request, path: str, query: Mapping[str, object] | None = None) -> Response:
    """Where the page goes next, from where it is."""
    page = request.headers.get("x-resynapse-page") or path_of(request)
    return JSONResponse({"go": relative(page, path, query)})
