"""A stored text taken apart: what is read is what SQLite's own pragmas say."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from embedmig.dialects.sqlite.table_text import (
    CHECK,
    FOREIGN_KEY,
    TableText,
    UnreadableTable,
    mentions_name,
    parse,
)
from embedmig.dialects.sqlite.tokens import quote

from .schemas import Made, tables


def columns_of(connection: sqlite3.Connection, table: str) -> list[Any]:
    """(number, name, type, not null, default, place in the key, hidden) of every column."""
    return connection.execute(f"PRAGMA table_xinfo({quote(table)})").fetchall()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(tables(with_extras=False))
def test_a_table_is_read_as_sqlite_reads_it(made: Made) -> None:
    """Columns, NOT NULL, defaults, keys, foreign keys, generated columns, options."""
    with closing(sqlite3.connect(":memory:")) as connection:
        made.install(connection)
        sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (made.table,))
        table = parse(sql.fetchone()[0])
        assert_columns_agree(connection, table, made)
        assert_keys_agree(connection, table, made)


def assert_columns_agree(connection: sqlite3.Connection, table: TableText, made: Made) -> None:
    """Names, NOT NULL, defaults, generated columns and the primary key."""
    found = columns_of(connection, made.table)
    assert [column.name for column in table.columns] == [row[1] for row in found]
    for row, column in zip(found, table.columns, strict=True):
        in_key = column.name in table.primary_key and column.name != table.rowid_alias
        implied = in_key and (table.is_strict or not table.has_rowid)
        assert bool(row[3]) == (not column.nullable or implied)
        assert (row[6] > 0) == column.is_generated
        default = column.default
        assert row[4] == (default[1:-1] if default and default.startswith("(") else default)
    key = sorted((row[5], row[1]) for row in found if row[5])
    assert [name for _, name in key] == list(table.primary_key)


def assert_keys_agree(connection: sqlite3.Connection, table: TableText, made: Made) -> None:
    """Foreign keys, the rowid's other name and the options."""
    foreign: dict[int, list[str]] = {}
    for row in connection.execute(f"PRAGMA foreign_key_list({quote(made.table)})"):
        foreign.setdefault(row[0], []).append(row[3])
    read = sorted(c.columns for c in table.clauses if c.kind == FOREIGN_KEY)
    assert sorted(map(tuple, foreign.values())) == read
    indexes = connection.execute(f"PRAGMA index_list({quote(made.table)})").fetchall()
    is_alias = bool(table.primary_key) and made.rowid and "pk" not in [row[3] for row in indexes]
    assert (table.rowid_alias is not None) == is_alias
    assert (table.is_strict, table.has_rowid) == (made.strict, made.rowid)


def test_constraints_without_commas_and_names_without_constraints() -> None:
    """SQLite takes both, so both are stored somewhere."""
    table = parse(
        "CREATE TABLE t(a CONSTRAINT x CONSTRAINT y NOT NULL CONSTRAINT z, CHECK (a > ')')UNIQUE(a)"
        " CONSTRAINT last)"
    )
    assert [(c.kind, c.name) for c in table.columns[0].clauses] == [
        ("name", "x"), ("not null", "y"), ("name", "z"),
    ]  # fmt: skip
    assert [(c.kind, c.name) for c in table.constraints] == [
        ("check", None), ("unique", None), ("name", "last"),
    ]  # fmt: skip


def test_a_check_is_found_whatever_strings_and_names_contain() -> None:
    """The texts that mislead a reader who looks for words."""
    sql = """CREATE TABLE "CHECK (" (a TEXT CHECK (a <> 'CHECK (z)'), [b)] INT DEFAULT (')'),
        constraint "Ck Name" check (a in ('x', 'constraint "UQ A" unique(a)')),
        constraint "UQ A" unique(a))"""
    table = parse(sql)
    assert table.name == "CHECK ("
    assert [c.name for c in table.columns] == ["a", "b)"]
    assert [(c.name, c.columns) for c in table.clauses if c.kind == CHECK] == [
        (None, ("a",)), ("Ck Name", ()),
    ]  # fmt: skip
    assert table.constraints[1].name == "UQ A"


@pytest.mark.parametrize(
    "sql",
    ["CREATE VIEW v AS SELECT 1", "CREATE TABLE t AS SELECT 1", "CREATE TABLE t (a", "", "1"],
)
def test_what_is_no_table_is_said_to_be_none(sql: str) -> None:
    """UnreadableTable, never a wrong structure."""
    with pytest.raises(UnreadableTable):
        parse(sql)


@pytest.mark.parametrize(
    ("expression", "mentioned"),
    [
        ("a > 1", True),
        ("t.a > 1", True),
        ('"A" > 1', True),
        ("[a] > 1", True),
        ("a(1)", False),
        ("'a' > b", False),
        ("ab + ba", False),
        ("b -- a\n", False),
        ("", False),
    ],
)
def test_whether_an_expression_speaks_of_a_column(expression: str, mentioned: bool) -> None:
    """A string, a comment and a function's name are no column."""
    assert mentions_name(expression, "a") is mentioned
