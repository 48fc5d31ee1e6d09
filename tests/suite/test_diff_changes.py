"""Every kind of change is found, can be applied, and can be taken back: on every database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Numeric, String, Table

from tests.autogen.laws import laws, verbs
from tests.databases import Database

Build = Callable[[MetaData], Any]


def metadata(build: Build) -> MetaData:
    made = MetaData()
    build(made)
    return made


def table(*items: Any, **options: Any) -> Build:
    """A table `t` with an id, a, b and these items besides."""

    def build(m: MetaData) -> None:
        parent(m)
        columns = [
            Column("id", Integer, primary_key=True),
            Column("a", String(20)),
            Column("b", Integer, nullable=False),
            Column("p", Integer),
        ]
        copies = [
            item() if callable(item) and not hasattr(item, "visit") else item for item in items
        ]
        taken = {c.name for c in copies if isinstance(c, Column)}
        Table("t", m, *[c for c in columns if c.name not in taken], *copies, **options)

    return build


def parent(m: MetaData) -> None:
    Table(
        "parent",
        m,
        Column("id", Integer, primary_key=True),
        Column("x", Integer),
        Column("y", Integer),
        sa.UniqueConstraint("x", "y", name="uq_parent"),
    )


def without(*names: str) -> Build:
    def build(m: MetaData) -> None:
        parent(m)
        columns = [Column("id", Integer, primary_key=True), Column("a", String(20))]
        columns += [Column("b", Integer, nullable=False), Column("p", Integer)]
        Table("t", m, *[c for c in columns if c.name not in names])

    return build


CHANGES: dict[str, tuple[Build, Build, list[str]]] = {
    "a table is added": (parent, table(), ["create_table"]),
    "a table is dropped": (table(), parent, ["drop_table"]),
    "a column is added": (table(), table(lambda: Column("c", String(5))), ["add_column"]),
    "a column with a default is added": (
        table(),
        table(lambda: Column("c", Integer, nullable=False, server_default="7")),
        ["add_column"],
    ),
    "a column is dropped": (table(), without("a"), ["drop_column"]),
    "nullability": (
        table(),
        table(lambda: Column("a", String(20), nullable=False)),
        ["alter_column"],
    ),
    "a type's length": (table(), table(lambda: Column("a", String(40))), ["alter_column"]),
    "a type": (
        table(),
        table(lambda: Column("b", sa.BigInteger, nullable=False)),
        ["alter_column"],
    ),
    "a type's scale": (
        table(lambda: Column("n", Numeric(10, 2))),
        table(lambda: Column("n", Numeric(12, 4))),
        ["alter_column"],
    ),
    "a default is added": (
        table(),
        table(lambda: Column("a", String(20), server_default="x")),
        ["alter_column"],
    ),
    "a default is changed": (
        table(lambda: Column("a", String(20), server_default="it's")),
        table(lambda: Column("a", String(20), server_default='{"a": ":b %s"}')),
        ["alter_column"],
    ),
    "a default is removed": (
        table(lambda: Column("a", String(20), server_default="x")),
        table(),
        ["alter_column"],
    ),
    "everything about a column": (
        table(),
        table(lambda: Column("a", String(99), nullable=False, server_default="q")),
        ["alter_column"],
    ),
    "a named unique constraint is added": (
        table(),
        table(lambda: sa.UniqueConstraint("a", "b", name="uq")),
        ["create_unique_constraint"],
    ),
    "an unnamed unique constraint is added": (
        table(),
        table(lambda: sa.UniqueConstraint("a", "b")),
        ["create_unique_constraint"],
    ),
    "a unique constraint is dropped": (
        table(lambda: sa.UniqueConstraint("a", "b", name="uq")),
        table(),
        ["drop_constraint", "drop_index"],
    ),
    "the order of a unique constraint's columns": (
        table(lambda: sa.UniqueConstraint("a", "b", name="uq")),
        table(lambda: sa.UniqueConstraint("b", "a", name="uq")),
        ["drop_constraint", "drop_index", "create_unique_constraint"],
    ),
    "an index is added": (table(), table(lambda: sa.Index("ix", "a", "b")), ["create_index"]),
    "an index is dropped": (table(lambda: sa.Index("ix", "a")), table(), ["drop_index"]),
    "an index becomes unique": (
        table(lambda: sa.Index("ix", "a")),
        table(lambda: sa.Index("ix", "a", unique=True)),
        ["drop_index", "create_index"],
    ),
    "an index gets a column": (
        table(lambda: sa.Index("ix", "a")),
        table(lambda: sa.Index("ix", "a", "b")),
        ["drop_index", "create_index"],
    ),
    "a foreign key is added": (
        table(),
        table(lambda: Column("p", ForeignKey("parent.id", name="fk"))),
        ["create_foreign_key", "create_index"],
    ),
    "an unnamed foreign key is added": (
        table(),
        table(lambda: Column("p", ForeignKey("parent.id"))),
        ["create_foreign_key", "create_index"],
    ),
    "a foreign key is dropped": (
        table(lambda: Column("p", ForeignKey("parent.id", name="fk"))),
        table(),
        ["drop_constraint", "drop_index"],
    ),
    "what a foreign key does": (
        table(lambda: Column("p", ForeignKey("parent.id", name="fk"))),
        table(lambda: Column("p", ForeignKey("parent.id", name="fk", ondelete="CASCADE"))),
        ["drop_constraint", "create_foreign_key"],
    ),
    "a foreign key's name": (
        table(lambda: Column("p", ForeignKey("parent.id", name="fk"))),
        table(lambda: Column("p", ForeignKey("parent.id", name="fk_new"))),
        ["drop_constraint", "create_foreign_key", "rename_constraint"],
    ),
    "a column with a foreign key is added": (
        without("p"),
        table(lambda: Column("p", ForeignKey("parent.id", name="fk"))),
        ["add_column", "create_foreign_key", "create_index"],
    ),
    "a column with a foreign key is dropped": (
        table(lambda: Column("p", ForeignKey("parent.id", name="fk"))),
        without("p"),
        ["drop_column", "drop_constraint", "drop_index"],
    ),
    "a CHECK is added": (
        table(),
        table(lambda: sa.CheckConstraint("b > 0 AND a <> 'x:y'", name="ck")),
        ["create_check_constraint"],
    ),
    "what a CHECK says": (
        table(lambda: sa.CheckConstraint("b > 0", name="ck")),
        table(lambda: sa.CheckConstraint("b > 10", name="ck")),
        ["drop_constraint", "create_check_constraint"],
    ),
    "a CHECK is dropped": (
        table(lambda: sa.CheckConstraint("b in (1, 2)", name="ck")),
        table(),
        ["drop_constraint"],
    ),
    "a CHECK on a column is added": (
        table(),
        table(lambda: Column("c", Integer, sa.CheckConstraint("c > 3", name="ck_c"))),
        ["add_column", "create_check_constraint"],
    ),
    "the primary key's columns": (
        table(),
        table(
            lambda: Column("b", Integer, primary_key=True, autoincrement=False),
            lambda: Column("id", Integer, primary_key=True, autoincrement=False),
        ),
        ["drop_constraint", "create_primary_key", "alter_column", "batch_alter_table"],
    ),
    "a generated column is added": (
        table(),
        table(lambda: Column("g", Integer, sa.Computed("b + 1", persisted=True))),
        ["add_column"],
    ),
    "a generated column's expression": (
        table(lambda: Column("g", Integer, sa.Computed("b + 1", persisted=True))),
        table(lambda: Column("g", Integer, sa.Computed("b + 2", persisted=True))),
        ["alter_column", "drop_column", "add_column"],
    ),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_change_is_found_applied_and_taken_back(db: Database, change: str) -> None:
    """`create_all(A)` is no difference; A → B leaves none; the way back leaves none to A."""
    before, after, expected = CHANGES[change]
    found = laws(db.engine(), metadata(before), metadata(after))
    assert found.operations
    assert set(verbs(found)) <= set(expected), str(found)
