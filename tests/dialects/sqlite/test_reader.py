"""Stored texts as pictures, also those that nobody generated."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.dialects.comparison import Scope
from embedmig.dialects.snapshot import SchemaState
from embedmig.dialects.sqlite.comparison import SQLiteComparison


def read(*statements: str) -> SchemaState:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        comparison = SQLiteComparison(connection.dialect)
        return comparison.read(connection, Scope("main", (None,), lambda key: True))


def test_a_table_is_read_whole() -> None:
    state = read(
        "CREATE TABLE p (x, y, UNIQUE (x, y))",
        """create table "T" ( -- a comment
            id integer primary key autoincrement,
            [two words] varchar ( 10 ) not null default 'it''s' collate nocase,
            n numeric(10, 2) CHECK (n>0) /* here */ default (1+1),
            g int generated always as ("n"*2) stored,
            x, y,
            constraint "Fk Name" foreign key (x, y) references p (x, y)
                on delete set null on update cascade deferrable initially deferred,
            constraint u unique (x) on conflict replace,
            check (n <> 'CHECK (z)')
        )""",
        'CREATE UNIQUE INDEX "My Ix" ON "T" (n DESC, lower(x)) WHERE n > 0',
    )
    table = state.tables[None, "T"]
    assert table.options == {"sqlite_autoincrement": True}
    assert table.primary_key is not None
    assert table.primary_key.columns == ("id",)
    assert not table.columns["id"].nullable, "the rowid is never NULL"
    two = table.columns["two words"]
    assert (two.type, two.nullable, two.default, two.collation) == (
        "VARCHAR(10)", False, "'it''s'", "nocase",
    )  # fmt: skip
    assert table.columns["n"].default == "1 + 1"
    assert table.columns["g"].generated == "n * 2"
    assert table.columns["g"].persisted
    (fk,) = table.foreign_keys
    assert fk.name == "Fk Name"
    assert (fk.referent, fk.remote_columns) == ((None, "p"), ("x", "y"))
    assert (fk.ondelete, fk.onupdate) == ("SET NULL", "CASCADE")
    assert (fk.deferrable, fk.initially) == (True, "DEFERRED")
    assert table.uniques[0].options == (("on_conflict", "REPLACE"),)
    assert {c.expression for c in table.checks} == {"n > 0", "n <> 'CHECK (z)'"}
    assert table.indexes[0].elements == ("n DESC", "lower(x)")
    assert dict(table.indexes[0].options) == {"where": "n > 0"}


def test_a_reference_without_columns_means_the_parents_key() -> None:
    state = read("CREATE TABLE p (k text PRIMARY KEY)", "CREATE TABLE c (x REFERENCES p)")
    assert state.tables[None, "c"].foreign_keys[0].remote_columns == ("k",)


def test_two_ways_of_writing_are_one() -> None:
    one = read('CREATE TABLE t (a int, "b" INT, CHECK(a>0 AND "b"<>\'x  y\'))')
    other = read("CREATE TABLE t (\n\ta INT, \n\tb INT, \n\tCHECK ((a > 0 AND b <> 'x  y'))\n)")
    assert one.tables == other.tables
