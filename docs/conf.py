"""How the documentation becomes a site: `sphinx-build -W -b html docs docs/_build/html`. It needs no network."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

import resynapse

project = "resynapse"
author = "The resynapse developers"
version = release = resynapse.__version__
language = "en_GB"
html_title = f"resynapse {version}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "contents", "docstrings", "mathml", "seal"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
exclude_patterns = ["_build", "extensions", "figures", "static", "templates"]
default_role = "literal"
autodoc_typehints = "none"
autodoc_member_order = "bysource"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path = ["templates"]
html_show_copyright = False
html_copy_source = False
html_context = {"disclaimer": resynapse.DISCLAIMER}
