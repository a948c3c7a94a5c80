"""What a notebook shows of an object: a title, its line, a small table, and the disclaimer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from resynapse.disclaimer import DISCLAIMER

MOST_ROWS = 30


def html_view(title: str, line: str, header: Sequence[str] = (), rows: Iterable[Sequence[str]] = ()) -> str:
    """A short piece of HTML; without rows there is no table, and the first cell of a row is its heading.

    >>> html_view("demo", "two arms", ["arm", "mean"], [["a<b", "1"]])[:57]
    '<p><strong>demo</strong><br><code>two arms</code></p><tab'
    """
    body = list(rows)
    parts = [f"<p><strong>{escape(title)}</strong><br><code>{escape(line)}</code></p>"]
    if body:
        head = "".join(f"<th>{escape(name)}</th>" for name in header)
        shown = "".join(
            f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
            for name, *cells in body[:MOST_ROWS]
        )
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{shown}</tbody></table>")
    if len(body) > MOST_ROWS:
        parts.append(f"<p>and {len(body) - MOST_ROWS} rows more</p>")
    return "".join([*parts, f"<p><small>{escape(DISCLAIMER)}</small></p>"])
