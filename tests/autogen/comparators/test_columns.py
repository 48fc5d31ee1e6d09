"""Columns come in the metadata's order, and what belongs beside one is not said twice."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.columns import compare_columns
from tests.autogen.contexts import context_of, metadata, table, told


def integers(*names: str) -> sa.MetaData:
    return metadata(table(*[sa.Column(name, sa.Integer) for name in names]))


def test_what_is_new_is_added_and_what_is_gone_is_dropped() -> None:
    context = context_of(integers("a", "b"), integers("d", "b", "c"))
    expected = ["add column t.d", "add column t.c", "drop column t.a"]
    assert told(compare_columns(context)) == expected


def test_keys_and_indexes_of_a_new_column_are_operations_of_their_own() -> None:
    after = metadata(table(sa.Column("a", sa.ForeignKey("t.id"), unique=True, index=True)))
    (op,) = compare_columns(context_of(integers(), after))
    assert not op.column.foreign_keys
    assert not op.column.unique
    assert not op.column.index


def test_a_generated_column_that_cannot_be_changed_goes_and_comes() -> None:
    def generated(text: str) -> sa.MetaData:
        return metadata(table(sa.Column("g", sa.Integer, sa.Computed(text, persisted=True))))

    context = context_of(generated("id + 1"), generated("id + 2"))
    assert told(compare_columns(context)) == ["add column t.g", "drop column t.g"]
    assert (
        told(compare_columns(context_of(generated("id + 1"), generated("id + 2"), "sqlite"))) == []
    )
