"""What `include_name` is asked, and that the options cost nothing at boot."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from embedmig import options as options_module
from embedmig.options import CompareOptions


def test_without_a_function_everything_is_wanted() -> None:
    assert CompareOptions().wants("t", "table", schema="s")


def test_include_name_is_given_the_parents_as_alembic_gives_them() -> None:
    asked: list[Any] = []
    options = CompareOptions(include_name=lambda *given: asked.append(given) or False)
    assert not options.wants("c", "column", schema="s", table="t")
    assert not options.wants("t", "table", schema=None)
    assert asked == [
        (
            "c",
            "column",
            {"schema_name": "s", "table_name": "t", "schema_qualified_table_name": "s.t"},
        ),
        ("t", "table", {"schema_name": None}),
    ]


def test_options_are_values_that_cannot_be_changed() -> None:
    options: Any = CompareOptions()
    with pytest.raises(AttributeError):
        options.shadow = False


def test_they_are_made_of_the_standard_library() -> None:
    tree = ast.parse(Path(options_module.__file__ or "").read_text(encoding="utf-8"))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names
