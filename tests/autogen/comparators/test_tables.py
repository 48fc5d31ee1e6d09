"""Tables come and go whole; one that nobody is known to have made stays."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.tables import compare_tables
from tests.autogen.contexts import context_of, metadata, table, told


def test_what_only_one_side_has() -> None:
    before, after = metadata(table(name="old")), metadata(table(name="new"))
    assert told(compare_tables(context_of(before, after))) == ["create table new", "drop table old"]


def test_a_dropped_table_can_come_back() -> None:
    before = metadata(table(sa.Column("a", sa.Text, comment="x"), sa.CheckConstraint("id > 1")))
    found = compare_tables(context_of(before, metadata(table(name="kept"))))
    (op,) = (each for each in found if each.verb == "drop_table")
    again = op.reverse().to_table()
    assert again.c.a.comment == "x"
    assert len([c for c in again.constraints if isinstance(c, sa.CheckConstraint)]) == 1


def test_an_unmanaged_table_is_listed() -> None:
    context = context_of(metadata(table(), table(name="u")), metadata(table()))
    context.managed = lambda key: False
    context.unmanaged.clear()
    assert told(compare_tables(context)) == []
    assert [each.name for each in context.unmanaged] == ["u"]
