"""Names of the package in the documentation are names of the package."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("docs/**/*.md"), *ROOT.glob("design/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"})
GROUPS = re.compile(r"resynapse\.(steps|tasks|networks|engines|parts|outcomes|controls|claim_tests|audit_sections)")
"""Groups of entry points look like modules."""


def _is_there(name: str) -> bool:
    *parts, last = name.split(".")
    for cut in range(len(parts) + 1, 0, -1):
        try:
            found = import_module(".".join([*parts, last][:cut]))
        except ImportError:
            continue
        for attribute in [*parts, last][cut:]:
            fields = {*getattr(found, "__annotations__", ()), *getattr(found, "__dataclass_fields__", ())}
            if attribute in fields:
                return True
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def test_dotted_names_can_be_imported() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in PAGES
        if not {"_build", "project"} & {*page.parts}  # what a build of the site leaves
        for name in sorted(set(re.findall(r"`(resynapse(?:\.\w+)+)", page.read_text("utf-8"))))
        if not GROUPS.fullmatch(name) and not name.endswith((".yaml", ".json", ".csv")) and not _is_there(name)
    ]
    assert wrong == []


def test_tables_of_what_may_be_used_name_what_is_there() -> None:
    rows = re.findall(r"^\| `(resynapse[\w.]*)` \| (.*?) \|$", (ROOT / "docs/extending.md").read_text("utf-8"), re.M)
    assert len(rows) > 10
    wrong = [
        f"{module}.{name}"
        for module, names in rows
        if " | " not in names  # the table of entry points has a column more
        for name in re.findall(r"`(\w+)`", names)
        if not hasattr(import_module(module), name)
    ]
    assert wrong == []


def test_names_of_rs_are_public() -> None:
    rs = import_module("resynapse")
    text = "\n".join(page.read_text("utf-8") for page in PAGES if "_build" not in page.parts)
    wrong = [name for name in sorted(set(re.findall(r"\brs\.(\w+)", text))) if not hasattr(rs, name)]
    assert wrong == []
