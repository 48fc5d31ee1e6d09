"""A drop and an addition that look like one rename are told, and only those."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig import ops
from embedmig.autogen.hints import rename_hints
from tests.autogen.contexts import context_of, metadata, table


def hinted(before: sa.MetaData, after: sa.MetaData, *operations: ops.Operation) -> list[str]:
    context = context_of(before, after)
    return [hint.rename.describe() for hint in rename_hints(context, operations)]


def column(name: str, type_: type = sa.Text) -> sa.Column[object]:
    return sa.Column(name, type_)


def columns(*names: str) -> sa.MetaData:
    return metadata(table(*[column(name) for name in names]))


def test_a_dropped_column_is_offered_to_one_added_one_of_its_type() -> None:
    adds = [ops.AddColumn("t", column(name)) for name in "xy"]
    drop = ops.DropColumn("t", "a")
    assert hinted(columns("a"), columns("x", "y"), *adds, drop) == ["rename column t.a to x"]


def test_another_type_or_table_is_no_rename() -> None:
    number = metadata(table(column("x", sa.Integer)))
    found = [ops.AddColumn("t", column("x", sa.Integer)), ops.DropColumn("t", "a")]
    assert hinted(columns("a"), number, *found) == []
    found = [ops.AddColumn("t", column("x")), ops.DropColumn("u", "a")]
    assert hinted(columns("a"), columns("x"), *found) == []


def test_a_column_that_goes_and_comes_again_was_not_renamed() -> None:
    again = [ops.AddColumn("t", column("a")), ops.DropColumn("t", "a")]
    assert hinted(columns("a"), columns("a"), *again) == []
    other = [*again, ops.AddColumn("t", column("x"))]
    assert hinted(columns("a"), columns("a", "x"), *other) == []


def test_a_table_of_nearly_the_same_columns_may_be_the_old_one() -> None:
    before = metadata(table(*map(column, "abc"), name="old"))
    for names, expected in (("abcd", ["rename table old to new"]), ("xyz", [])):
        after = metadata(table(*map(column, names), name="new"))
        found = [ops.CreateTable("new"), ops.DropTable("old")]
        assert hinted(before, after, *found) == expected
