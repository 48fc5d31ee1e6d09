"""A unique constraint is its columns in their order, its timing and its options."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.autogen.comparators.unique_constraints import compare_unique_constraints
from tests.autogen.contexts import context_of, metadata, table, told


def unique(*columns: str, **options: Any) -> sa.MetaData:
    made = [sa.Column(n, sa.Integer) for n in "ab"]
    return metadata(table(*made, sa.UniqueConstraint(*columns, name="uq", **options)))


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        (("b", "a"), {}),
        (("a",), {}),
        (("a", "b"), {"deferrable": True}),
        (("a", "b"), {"deferrable": True, "initially": "DEFERRED"}),
        (("a", "b"), {"postgresql_nulls_not_distinct": True}),
        (("a", "b"), {"postgresql_include": ["id"]}),
    ],
)
def test_one_that_differs_is_made_anew(columns: tuple[str, ...], options: dict[str, Any]) -> None:
    context = context_of(unique("a", "b"), unique(*columns, **options))
    expected = ["drop constraint uq on t", "create unique constraint uq on t"]
    assert told(compare_unique_constraints(context)) == expected


def test_what_a_column_says_of_its_conflicts_counts_on_sqlite() -> None:
    before, after = (
        metadata(table(sa.Column("a", sa.Integer, unique=True, **options)))
        for options in ({}, {"sqlite_on_conflict_unique": "IGNORE"})
    )
    *_, made = compare_unique_constraints(context_of(before, after, "sqlite"))
    assert made.options == {"sqlite_on_conflict": "IGNORE"}  # type: ignore[attr-defined]  # a CreateUniqueConstraint


def test_for_mysql_it_is_an_index() -> None:
    assert (
        told(compare_unique_constraints(context_of(unique("a", "b"), unique("a"), "mysql"))) == []
    )
