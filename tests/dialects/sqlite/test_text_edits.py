"""Edits of a stored text: the one thing changes, every other byte stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from embedmig.dialects.sqlite import text_edits as edits
from embedmig.dialects.sqlite.table_text import CHECK, FOREIGN_KEY, UNIQUE, parse

LINES = """CREATE TABLE t (
  id INTEGER PRIMARY KEY, -- the id
  a TEXT, -- the ) a
  /* about b */ b INT NOT NULL DEFAULT 5,
  c REFERENCES p(id) NOT NULL DEFERRABLE -- the c
)"""


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (lambda s: edits.set_type(s, "a", "INT"), "a TEXT,", "a INT,"),
        (lambda s: edits.set_type(s, "c", "INT"), "c REFERENCES", "c INT REFERENCES"),
        (lambda s: edits.set_not_null(s, "a"), "a TEXT,", "a TEXT NOT NULL,"),
        (lambda s: edits.set_not_null(s, "b"), "", ""),
        (lambda s: edits.drop_not_null(s, "b"), "b INT NOT NULL DEFAULT", "b INT DEFAULT"),
        (lambda s: edits.set_default(s, "b", "'x'"), "DEFAULT 5", "DEFAULT 'x'"),
        (lambda s: edits.set_default(s, "b", None), " DEFAULT 5", ""),
        (lambda s: edits.set_default(s, "a", "(1)"), "a TEXT,", "a TEXT DEFAULT (1),"),
        (lambda s: edits.set_collation(s, "a", "NOCASE"), "a TEXT,", "a TEXT COLLATE NOCASE,"),
        (lambda s: edits.set_generated(s, "a", "AS (1)"), "a TEXT,", "a TEXT AS (1),"),
        (lambda s: edits.drop_column(s, "a", ()), "a TEXT, -- the ) a\n  ", ""),
        (
            lambda s: edits.drop_column(s, "c", ()),
            ",\n  c REFERENCES p(id) NOT NULL DEFERRABLE",
            "",
        ),
        (lambda s: edits.add_column(s, "n INT"), "DEFERRABLE", "DEFERRABLE,\n  n INT"),
        (lambda s: edits.add_column(s, "n INT", after="a"), "a TEXT,", "a TEXT,\n  n INT,"),
        (lambda s: edits.add_column(s, "n INT", before="a"), "a TEXT,", "n INT, a TEXT,"),
        (lambda s: edits.add_constraint(s, "CHECK (1)"), "RABLE", "RABLE,\n  CHECK (1)"),
        (lambda s: edits.set_autoincrement(s, on=True), "KEY,", "KEY AUTOINCREMENT,"),
        (lambda s: edits.rename_table(s, "new name"), "TABLE t", 'TABLE "new name"'),
        (lambda s: edits.set_options(s, strict=True), "(\n  id", "(\n  id"),
    ],
)
def test_one_thing_changes(edit: Callable[[str], str], old: str, new: str) -> None:
    """The text is the old one with that one piece replaced."""
    expected = LINES.replace(old, new) if old else LINES
    if "set_options" in str(edit.__code__.co_names):
        expected += " STRICT"
    assert edit(LINES) == expected


@pytest.mark.parametrize(
    ("sql", "name", "expected"),
    [
        ("CREATE TABLE t(a, b, UNIQUE(a), CHECK (b > 0))", "a", "CREATE TABLE t(b, CHECK (b > 0))"),
        ("CREATE TABLE t(a, b CHECK (b <> a))", "a", "CREATE TABLE t(b)"),
        ("CREATE TABLE t(a, b, CHECK (a) UNIQUE (b))", "a", "CREATE TABLE t(b, UNIQUE (b))"),
        ("CREATE TABLE t(a, b, CHECK (b) UNIQUE (a))", "a", "CREATE TABLE t(b, CHECK (b))"),
        ("CREATE TABLE t(a, b -- x\n, CHECK (b))", "a", "CREATE TABLE t(b -- x\n, CHECK (b))"),
        ("CREATE TABLE t(a -- note\n, b)", "b", "CREATE TABLE t(a -- note\n)"),
        ("CREATE TABLE t(a, -- note\n b)", "b", "CREATE TABLE t(a -- note\n )"),
    ],
)
def test_a_dropped_column_takes_what_speaks_of_it(sql: str, name: str, expected: str) -> None:
    """And nothing else; a comment that ends with its line keeps the line's end."""
    table = parse(sql)
    speaking = [table.clauses[place] for place in edits.speaking_of(table, name)]
    found = edits.drop_column(sql, name, speaking)
    assert found == expected
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(found)


def test_the_last_column_stays() -> None:
    """A table needs one."""
    with pytest.raises(edits.NoSuchPart, match="only column"):
        edits.drop_column("CREATE TABLE t(a)", "a", ())


@pytest.mark.parametrize(
    ("sql", "kind", "expected"),
    [
        (
            "CREATE TABLE t(a REFERENCES p NOT NULL DEFERRABLE UNIQUE)",
            FOREIGN_KEY,
            "CREATE TABLE t(a NOT NULL UNIQUE)",
        ),
        ("CREATE TABLE t(a UNIQUE ON CONFLICT FAIL)", UNIQUE, "CREATE TABLE t(a)"),
        ("CREATE TABLE t(a CONSTRAINT c CHECK (a)NOT NULL)", CHECK, "CREATE TABLE t(a NOT NULL)"),
        ("CREATE TABLE t(a -- x\n CHECK (a))", CHECK, "CREATE TABLE t(a -- x\n )"),
        ("CREATE TABLE t(a, b, CHECK (a)CHECK (b))", CHECK, "CREATE TABLE t(a, b, CHECK (b))"),
    ],
)
def test_a_dropped_clause(sql: str, kind: str, expected: str) -> None:
    """With its name and what belongs to it, and the blank before it."""
    clause = next(c for c in parse(sql).clauses if c.kind == kind)
    assert edits.drop_clause(sql, clause) == expected


def test_renamed_constraints() -> None:
    """A name in the place of the old one, or where none was."""
    sql = "CREATE TABLE t(a CONSTRAINT /* x */ [old] CHECK (a), UNIQUE (a))"
    check, unique = parse(sql).clauses
    assert edits.rename_clause(sql, check, "new") == sql.replace("[old]", "new")
    assert edits.rename_clause(sql, unique, "b c") == sql.replace(
        "UNIQUE", 'CONSTRAINT "b c" UNIQUE'
    )


def test_the_order_of_columns() -> None:
    """What stands between them stays where it is."""
    sql = "CREATE TABLE t(a INT, -- first\n b TEXT /* second */, c, CHECK (a))"
    assert edits.reorder_columns(sql, ["c", "a", "b"]) == (
        "CREATE TABLE t(c, -- first\n a INT /* second */, b TEXT, CHECK (a))"
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a > 0", "A>0", True),
        ("((a > 0))", '"a" > /* x */ 0', True),
        ("(a) > (0)", "a > 0", False),
        ("a = 'X'", "a = 'x'", False),
        ("a IN (1)", "a in(1)", True),
    ],
)
def test_which_expressions_are_the_same(one: str, other: str, same: bool) -> None:
    """But for spaces, comments, case, quotes of names and outer parentheses."""
    assert edits.same_expression(one, other) is same


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t(a) WITHOUT ROWID, STRICT", "CREATE TABLE t(a) STRICT"),
        ("CREATE TABLE t(a) without rowid -- x\n", "CREATE TABLE t(a) -- x\n"),
        ("CREATE TABLE t(a)", "CREATE TABLE t(a)"),
    ],
)
def test_options(sql: str, expected: str) -> None:
    """Only what is asked for is switched."""
    assert edits.set_options(sql, rowid=True) == expected
