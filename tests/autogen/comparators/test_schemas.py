"""A schema is made for the first thing that lives in it, and none is dropped."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.schemas import compare_schemas
from tests.autogen.contexts import context_of, metadata, table, told


def test_tables_enums_and_sequences_need_theirs() -> None:
    enum = sa.Column("e", sa.Enum("x", name="e", schema="types"))
    after = metadata(
        table(name="a", schema="tables"),
        table(enum, name="b"),
        lambda made: sa.Sequence("c", schema="numbers", metadata=made),
    )
    context = context_of(metadata(), after)
    expected = ["create schema numbers", "create schema tables", "create schema types"]
    assert told(compare_schemas(context)) == expected


def test_one_that_is_there_is_left_alone_also_when_it_is_empty() -> None:
    context = context_of(metadata(), metadata(table(schema="s")), schemas=["s", "empty"])
    assert told(compare_schemas(context)) == []
    assert (
        told(compare_schemas(context_of(metadata(), metadata(table(schema="s")), "sqlite"))) == []
    )
