"""A script is rendered from texts that nobody stored yet: they are what SQLite will have stored."""

from __future__ import annotations

import gc
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from embedmig import ops
from embedmig.dialects import dialect_for
from embedmig.dialects.sqlite.sources import MemorySource
from embedmig.errors import UnknownTable

from .harness import Database

HISTORY: list[ops.Operation] = [
    ops.CreateTable(
        "p",
        (
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(20), nullable=False, unique=True),
        ),
        options={"sqlite_autoincrement": True},
    ),
    ops.CreateTable(
        "c",
        (
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("p_id", sa.ForeignKey("p.id", ondelete="CASCADE"), type_=sa.Integer),
            sa.Column("flag", sa.Boolean(create_constraint=True, name="ck_flag")),
            sa.Column("n", sa.String(9)),
            sa.Index("ix_n", "n"),
        ),
    ),
    ops.ExecuteSQL("CREATE TRIGGER tr AFTER INSERT ON c BEGIN SELECT 1; END"),
    ops.ExecuteSQL(sa.text("CREATE VIEW v AS SELECT n AS one FROM c WHERE n <> '\\:x'")),
    ops.ExecuteSQL("INSERT INTO p(name) VALUES ('1'), ('2')"),
    ops.BulkInsert(
        sa.table("c", sa.column("n", sa.String), sa.column("p_id", sa.Integer)),
        ({"n": "5", "p_id": 1},),
    ),
    ops.AlterColumn("c", "n", type_=sa.Integer(), nullable=False),
    ops.AlterColumn("c", "n", server_default="3"),
    ops.RenameColumn("c", "n", "number"),
    ops.BatchAlterTable(
        "c",
        (
            ops.AddColumn("c", sa.Column("x", sa.Integer, server_default="1"), insert_after="id"),
            ops.CreateUniqueConstraint("c", ("x", "number"), constraint_name="uq"),
            ops.ExecuteSQL("UPDATE c SET x = 9"),
            ops.DropConstraint("c", constraint_name="ck_flag"),
        ),
    ),
    ops.RenameTable("c", "child"),
    ops.DropColumn("child", "flag"),
    ops.CreateIndex("ix_x", "child", (sa.text("x DESC"),), unique=True),
    ops.AddColumn("p", sa.Column("born", sa.DateTime, server_default=sa.func.now())),
    ops.DropConstraint("child", type_="foreignkey", columns=("p_id",)),
]


def rendered(history: list[ops.Operation]) -> list[str]:
    """The history as a script, every operation on the catalog as the former ones leave it."""
    dialect = dialect_for(sqlite.dialect())
    catalog = dialect.ddl.new_catalog()
    script = []
    for operation in history:
        for statement in dialect.ddl.statements(operation, catalog):
            if statement.check is None:
                script += _as_text(statement, dialect.ddl)
        catalog.observe(operation)
    return script


def _as_text(statement: Any, ddl: Any) -> list[str]:
    if isinstance(statement.sql, str):
        return [statement.sql]
    made = [statement.sql.values(row) for row in statement.parameters or ()] or [statement.sql]
    options = {"literal_binds": True}
    return [str(m.compile(dialect=ddl.spell.dialect, compile_kwargs=options)) for m in made]


def test_a_script_makes_the_same_schema_and_rows_as_the_operations_did() -> None:
    """Triggers and views that plain SQL made survive the rebuilds of a script as well."""
    with Database() as live:
        live.apply(*HISTORY)
        made = sqlite3.connect(":memory:", isolation_level=None)
        for statement in rendered(HISTORY):
            made.execute(statement)
        texts = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        assert made.execute(texts).fetchall() == live.run(texts)
        for table in ("p", "child"):
            rows = f"SELECT rowid, * FROM {table}"
            script_rows = [row[:-1] if table == "p" else row for row in made.execute(rows)]
            live_rows = [row[:-1] if table == "p" else row for row in live.run(rows)]
            assert script_rows == live_rows
        made.close()


def test_a_script_rebuilds_where_a_live_connection_would_edit() -> None:
    """Nobody knows whether the script's connection lets stored texts be edited."""
    script = rendered([*HISTORY[:2], ops.AlterColumn("c", "n", server_default="3")])
    assert not [line for line in script if "writable_schema" in line]
    assert [line for line in script if line.startswith("INSERT OR ABORT")]


def test_a_table_that_no_operation_made_is_unknown_without_copy_from() -> None:
    """With it, the block can be rendered all the same."""
    change = ops.AlterColumn("old", "a", type_=sa.Integer())
    with pytest.raises(UnknownTable):
        rendered([change])
    table = sa.Table("old", sa.MetaData(), sa.Column("a", sa.Text), sa.Index("ix_old", "a"))
    script = rendered([ops.BatchAlterTable("old", (change,), copy_from=table)])
    plain = ["".join(line.split("\n")).replace("\t", "") for line in script]
    assert any(line.startswith("CREATE TABLE old (a INTEGER") for line in plain)
    assert "CREATE INDEX ix_old ON old (a)" in script


def test_a_schema_of_a_script_is_an_attached_database_of_the_replay() -> None:
    """Its texts are told apart from those of the main schema."""
    columns = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Text))
    script = rendered(
        [
            ops.CreateTable("t", columns, schema="aux"),
            ops.AlterColumn("t", "a", type_=sa.Integer(), schema="aux"),
        ]
    )
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("ATTACH ':memory:' AS aux")
    for statement in script:
        made.execute(statement)
    (sql,) = made.execute("SELECT sql FROM aux.sqlite_master").fetchone()
    assert "a INTEGER" in sql
    made.close()


def test_a_replay_is_closed_in_whichever_thread_the_collector_runs() -> None:
    """An application's threads replay their histories, and any of them may collect for another."""
    with ThreadPoolExecutor(1) as other:
        source = other.submit(MemorySource, None).result()
    database = source.database
    ring: list[Any] = [source]
    ring.append(ring)

    del source, ring
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        database.execute("SELECT 1")


def test_a_plain_catalog_is_mirrored_from_its_tables() -> None:
    """A copy, or a catalog that somebody else made, knows tables but no texts."""
    dialect = dialect_for(sqlite.dialect())
    catalog = dialect.ddl.new_catalog()
    for operation in HISTORY[:2]:
        catalog.observe(operation)
    change = ops.AlterColumn("c", "n", type_=sa.Integer())
    statements = list(dialect.ddl.statements(change, catalog.copy()))
    assert any("n INTEGER" in str(statement.sql) for statement in statements)
    assert any("CREATE INDEX ix_n" in str(statement.sql) for statement in statements)
