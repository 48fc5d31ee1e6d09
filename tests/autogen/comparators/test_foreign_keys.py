"""A foreign key is its columns, its target and its options; it gives way to what it holds."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.autogen.comparators.foreign_keys import compare_foreign_keys
from tests.autogen.contexts import context_of, metadata, table, told

REMADE = ["drop constraint fk on t", "create foreign key fk on t"]


def referring(type_: Any = sa.Integer, **options: Any) -> sa.MetaData:
    def parent(made: sa.MetaData) -> None:
        sa.Table("parent", made, sa.Column("id", type_, primary_key=True))

    column = sa.Column("p", type_, sa.ForeignKey("parent.id", name="fk", **options))
    return metadata(parent, table(column))


@pytest.mark.parametrize(
    "options",
    [
        {"ondelete": "CASCADE"},
        {"onupdate": "SET NULL"},
        {"deferrable": True},
        {"deferrable": True, "initially": "DEFERRED"},
        {"match": "FULL"},
    ],
)
def test_every_option_counts(options: dict[str, Any]) -> None:
    assert told(compare_foreign_keys(context_of(referring(), referring(**options)))) == REMADE


@pytest.mark.parametrize(
    "options",
    [{"ondelete": "no action"}, {"match": "SIMPLE"}, {"deferrable": False}, {"use_alter": True}],
)
def test_what_happens_anyway_need_not_be_said(options: dict[str, Any]) -> None:
    assert told(compare_foreign_keys(context_of(referring(), referring(**options)))) == []


def test_it_is_out_of_the_way_while_the_types_of_its_ends_change() -> None:
    before, after = referring(), referring(sa.BigInteger)
    assert told(compare_foreign_keys(context_of(before, after))) == REMADE
    assert told(compare_foreign_keys(context_of(before, after, "sqlite"))) == []
