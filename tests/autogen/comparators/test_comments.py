"""A comment is set, changed and taken away; an empty one is none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig.autogen.comparators.comments import compare_comments
from tests.autogen.contexts import context_of, metadata, table


def commented(text: str | None) -> sa.MetaData:
    return metadata(table(sa.Column("a", sa.Integer, comment=text), comment=text))


@pytest.mark.parametrize(
    ("before", "after", "verbs"),
    [
        (None, "x", ["alter_column", "create_table_comment"]),
        ("x", "y", ["alter_column", "create_table_comment"]),
        ("x", None, ["alter_column", "drop_table_comment"]),
        ("x", "", ["alter_column", "drop_table_comment"]),
        ("", None, []),
    ],
)
def test_both_kinds(before: str | None, after: str | None, verbs: list[str]) -> None:
    context = context_of(commented(before), commented(after))
    assert [op.verb for op in compare_comments(context)] == verbs


def test_a_database_without_comments_has_no_difference() -> None:
    assert list(compare_comments(context_of(commented(None), commented("x"), "sqlite"))) == []
