"""How Sphinx builds the documentation: from Markdown, offline, with nothing that a reader's browser has to fetch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # reference_pages

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

from nbtrace import __version__

for _name in ("trace", "console"):  # lines of traces, and what commands print: words of a shell mean nothing there
    lexers[_name] = TextLexer()

project = "nbtrace"
author = "The nbtrace developers"
copyright = author  # noqa: A001 - Sphinx's name
version = release = __version__
extensions = ["myst_parser", "reference_pages"]
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 3
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_title = f"nbtrace {version}"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"code-font-size": "0.74rem"},  # a hundred columns of a terminal
}
highlight_language = "text"
