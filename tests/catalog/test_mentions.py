"""What an operation brings to a table names columns of it, which must be there under that name."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import ops
from embedmig.catalog import Words, speaks_of
from tests.support import recorded


def added(*items: Any, **options: Any) -> Any:
    return lambda op: op.invoke(ops.AddColumn("t", sa.Column("c", sa.Integer, *items), **options))


def numbered(*directives: Any) -> list[Any]:
    return [pytest.param(each, id=str(number)) for number, each in enumerate(directives)]


@pytest.mark.parametrize(
    "directive",
    numbered(
        lambda op: op.create_index("i", "t", ["a"]),
        lambda op: op.create_index("i", "t", [sa.text("lower(a)")]),
        lambda op: op.create_index("i", "t", ["b"], postgresql_where=sa.text("a > 0")),
        lambda op: op.create_check_constraint("k", "t", "b < a"),
        lambda op: op.create_unique_constraint("k", "t", ["b", "a"]),
        lambda op: op.create_foreign_key("k", "t", "u", ["a"], ["id"]),
        lambda op: op.create_foreign_key("k", "t", "t", ["b"], ["a"]),
        lambda op: op.alter_column("t", "b", server_default=sa.Computed("a + 1")),
        lambda op: op.invoke(ops.AlterColumn("t", "b", insert_after="a")),
        added(sa.Computed("a + 1")),
        added(sa.Computed(sa.column("a") + 1)),
        added(sa.DefaultClause(sa.text("(a + 1)"))),
        added(sa.CheckConstraint("c < a")),
        added(sa.ForeignKey("t.a")),
        added(insert_after="a"),
        added(insert_before="a"),
    ),
)
def test_an_operation_speaks_of_the_columns_it_needs(directive: Any) -> None:
    (operation,) = recorded(directive)
    assert speaks_of(operation, "a", Words())
    assert not speaks_of(operation, "z", Words())


@pytest.mark.parametrize(
    "directive",
    numbered(
        lambda op: op.create_index("a", "t", ["b"]),
        lambda op: op.create_foreign_key("a", "t", "u", ["b"], ["a"]),
        lambda op: op.alter_column("t", "b", server_default="a"),
        lambda op: op.drop_index("a", "t"),
        added(sa.DefaultClause("a")),
        added(sa.ForeignKey("u.a")),
    ),
)
def test_a_name_or_a_value_or_another_tables_column_is_none(directive: Any) -> None:
    (operation,) = recorded(directive)
    assert not speaks_of(operation, "a", Words())
