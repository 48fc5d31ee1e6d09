"""Tables become logged before those that refer to them, and unlogged after them."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.persistence import compare_persistence
from tests.autogen.contexts import context_of, metadata, table


def two(*prefixes: str) -> sa.MetaData:
    refers = sa.Column("p", sa.ForeignKey("parent.id"))
    return metadata(
        table(refers, name="child", prefixes=list(prefixes)),
        table(name="parent", prefixes=list(prefixes)),
    )


def test_the_order_is_that_of_the_foreign_keys() -> None:
    logged = list(compare_persistence(context_of(two("UNLOGGED"), two())))
    assert [op.table_name for op in logged] == ["parent", "child"]
    unlogged = list(compare_persistence(context_of(two(), two("unlogged"))))
    assert [op.table_name for op in unlogged] == ["child", "parent"]


def test_the_way_back_is_known() -> None:
    op = next(compare_persistence(context_of(two("UNLOGGED"), two())))
    assert op.options == {"postgresql_unlogged": False}
    assert op.reverse().options == {"postgresql_unlogged": True}


def test_other_prefixes_are_none_of_its_business() -> None:
    assert list(compare_persistence(context_of(two(), two("FOREIGN")))) == []
