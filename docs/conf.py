"""How Sphinx makes the site: every Markdown page of the repository, as it is.

The source is the repository's root, so that links between pages work here as they work on a
repository's page::

    sphinx-build -M html . docs/_build -c docs --fail-on-warning --keep-going --quiet
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_extensions"), str(HERE.parent)]

import dockmesh_auth  # noqa: E402 - from this checkout

project = "dockmesh_auth"
copyright = "the authors of dockmesh_auth"  # noqa: A001 - Sphinx calls it so
version = release = dockmesh_auth.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "python_names",
    "repository_pages",
]

# --- which files are pages --------------------------------------------------------------------

root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/**/*.md", "plugins/*/README.md"]
exclude_patterns = [
    ".*",
    "benchmarks",
    "build",
    "dist",
    "docs/_*",
    "dockmesh_auth",
    "plugins/*/src",
    "plugins/*/tests",
    "tests",
]
nitpicky = True
smartquotes_action = "D"  # dashes only

# --- Markdown ---------------------------------------------------------------------------------

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
suppress_warnings = [
    "misc.highlighting_failure"
]  # `...` in JSON and YAML stands for what is left out

# --- Python -----------------------------------------------------------------------------------

add_module_names = False
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_type_aliases = {name: name for name in ("FrozenJson", "Json", "OptionValue")}
autodoc_typehints = "signature"
maximum_signature_line_length = 72
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

# What is documented elsewhere. No inventory of another project is fetched: the site is built
# without a network.
FOREIGN = (
    "abc attr attrs builtins collections contextlib enum joserfc os pathlib pluggy pytest "
    "starlette types typing"
)
nitpick_ignore_regex = [
    ("py:.*", rf"({FOREIGN.replace(' ', '|')})(\..+)?"),
    # Types of the inside, in signatures of what is outside: whole, or as the code names them.
    ("py:class", r"dockmesh_auth\.(assembly|host|oidc|store|testing|web)\..+|[A-Z]\w+"),
]

# --- the look ---------------------------------------------------------------------------------

FONTS = '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", sans-serif'
MONOSPACE = '"JetBrains Mono Variable", "JetBrains Mono", ui-monospace, Menlo, Consolas, monospace'

html_theme = "furo"
html_title = "dockmesh_auth"
html_favicon = "../dockmesh_auth/web/static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["dockmesh.css"]
html_extra_path = ["_extra"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_logo = html_favicon
html_theme_options = {
    # The pages of the sign-in have the same colours: dockmesh_auth/web/static/dockmesh.css.
    "light_css_variables": {
        "color-brand-primary": "#0e7490",
        "color-brand-content": "#0e7490",
        "color-brand-visited": "#0e7490",
        "color-foreground-primary": "#0f1524",
        "color-foreground-secondary": "#475569",
        "color-background-primary": "#ffffff",
        "color-background-secondary": "#fafbfc",
        "color-background-hover": "#f1f5f9",
        "color-background-border": "#e5e7eb",
        "color-code-background": "#f6f8fa",
        "color-api-name": "#0e7490",
        "color-api-pre-name": "#64748b",
        "font-stack": FONTS,
        "font-stack--headings": FONTS,
        "font-stack--monospace": MONOSPACE,
    },
    "dark_css_variables": {
        "color-brand-primary": "#22d3ee",
        "color-brand-content": "#67e8f9",
        "color-brand-visited": "#67e8f9",
        "color-foreground-primary": "#f1f5f9",
        "color-foreground-secondary": "#94a3b8",
        "color-background-primary": "#020617",
        "color-background-secondary": "#0f172a",
        "color-background-hover": "#1e293b",
        "color-background-border": "#1e293b",
        "color-code-background": "#0f172a",
        "color-api-name": "#67e8f9",
        "color-api-pre-name": "#94a3b8",
    },
}
