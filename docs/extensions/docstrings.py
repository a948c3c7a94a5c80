"""The house's docstrings (`name : what it is`) as field lists that Sphinx sets, and the page of every public name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

import resynapse

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FIELDS = {"Parameters": "param", "Raises": "raises"}
_ENTRY = re.compile(r"^(\w[\w, ]*?) : (.*)$")


def fields(lines: list[str]) -> list[str]:
    """The docstring with its sections turned into field lists."""
    out: list[str] = []
    field = ""
    for number, line in enumerate(lines):
        under = lines[number + 1] if number + 1 < len(lines) else ""
        if line in _FIELDS and under and set(under) == {"-"}:
            field = _FIELDS[line]
            out.append("")
        elif field and set(line) == {"-"}:
            continue
        elif field and (entry := _ENTRY.match(line)):
            # a blank would make the first name the type of the second
            names = entry[1].replace(", ", ",")
            out.append(f":{field} {names}: {entry[2]}")
        elif field and line and not line.startswith(" "):
            field = ""
            out += ["", line]
        else:
            out.append(line)
    return out


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = fields(lines)


def _sign(app: Sphinx, what: str, name: str, obj: Any, *rest: Any) -> tuple[str, str] | None:
    """Pydantic models by their fields and defaults, without the machinery of their types."""
    if not (isinstance(obj, type) and issubclass(obj, BaseModel)):
        return None
    parts = [f"{n}" if f.is_required() else f"{n}={f.default!r}" for n, f in obj.model_fields.items()]
    return f"({', '.join(['*', *parts] if parts else [])})", ""


def _directive(name: str) -> str:
    public = getattr(resynapse, name)
    if not callable(public):
        return f".. py:data:: resynapse.{name}\n\n   {public}\n"
    if not isinstance(public, type):
        return f".. autofunction:: resynapse.{name}\n"
    # the methods of a step are for the engine; its fields are on a page of their own
    members = "" if issubclass(public, BaseModel) else "   :members:\n"
    return f".. autoclass:: resynapse.{name}\n{members}"


def _list(app: Sphinx, page: str, source: list[str]) -> None:
    if page == "api":
        directives = "\n".join(_directive(name) for name in resynapse.__all__)
        source[0] += f"\n\n## Every public name\n\n```{{eval-rst}}\n{directives}```\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Hook into autodoc."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("source-read", _list)
    app.connect("autodoc-process-signature", _sign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
