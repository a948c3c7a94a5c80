"""The pages of the site, and their order, from plain Markdown that a code host shows as well.

The lists of links in `index.md` are the table of contents: each heading of level 3 above a list is a section. A page that no
list names stands under "More", or under the name of its folder. Pages that live at the root of the repository or in
`design/` are copied in, with their links made to fit; links to them from any page are led to the copy.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

COPIED = "project"
_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
_SECTION = re.compile(r"^### (.+)$", re.MULTILINE)
_PAGES = re.compile(r"^## Pages$.*?(?=^## )", re.MULTILINE | re.DOTALL)
_BULLET = re.compile(r"^[-*] \[[^\]]+\]\(([^)\s#:]+)\.md\)", re.MULTILINE)


def outside(root: Path) -> list[str]:
    """The Markdown files outside docs that become pages."""
    return [
        "CONTEXT_OF_USE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *sorted(f"design/{p.name}" for p in (root / "design").glob("*.md")),
    ]


def led(text: str, source: str, target: str, copied: list[str]) -> str:
    """Links of a text that stood in file `source` and now stands in `target`, both relative to the root."""

    def change(match: re.Match[str]) -> str:
        path = os.path.normpath(PurePosixPath(source).parent / match[2])
        if path in copied:
            path = f"docs/{COPIED}/{path}"
        elif source == target:
            return match[0]
        return f"{match[1]}{os.path.relpath(path, PurePosixPath(target).parent)}{match[3]}"

    return _LINK.sub(change, text)


def sections(index: str, pages: set[str]) -> dict[str, list[str]]:
    """The pages under each heading of the index, then those that it does not name."""
    parts = _SECTION.split(index)
    found = {
        title: _BULLET.findall(body.split("\n## ")[0]) for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    named = {page for listed in found.values() for page in listed}
    for page in sorted(pages - named - {"index"}):
        folder = PurePosixPath(page).parent.name
        title = "Decisions" if folder == "design" else folder.capitalize() or "More"
        found.setdefault(title, []).append(page)
    return {title: listed for title, listed in found.items() if listed}


def _copy(app: Sphinx) -> None:
    docs = Path(app.srcdir)
    copied = outside(docs.parent)
    for old in (docs / COPIED).rglob("*.md"):
        if old.relative_to(docs / COPIED).as_posix() not in copied:
            old.unlink()
    for name in copied:
        target = docs / COPIED / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = led((docs.parent / name).read_text("utf-8"), name, f"docs/{COPIED}/{name}", copied)
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def _lead(app: Sphinx, page: str, source: list[str]) -> None:
    if not page.startswith(COPIED):
        source[0] = led(source[0], f"docs/{page}.md", f"docs/{page}.md", outside(Path(app.srcdir).parent))
    if page == "index":
        whole = source[0]
        # the sidebar has the same lists; a code host shows those of the page
        source[0] = _PAGES.sub("", whole)
        for title, listed in sections(whole, set(app.env.found_docs)).items():
            entries = "\n".join(listed)
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{entries}\n```\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Copy before pages are looked for, lead links when one is read."""
    app.connect("builder-inited", _copy)
    app.connect("source-read", _lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
