"""How Sphinx builds the documentation: `nox -s docs`."""

project = "embedmig"
author = "The embedmig authors"
copyright = "2026, The embedmig authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.intersphinx"]
html_theme = "furo"
exclude_patterns = ["_build"]
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "sqlalchemy": ("https://docs.sqlalchemy.org/en/21", None),
}
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]
