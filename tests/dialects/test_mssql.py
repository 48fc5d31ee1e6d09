"""Transact-SQL: what is looked up when it runs, and what must not be lost."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import text

from embedmig.dialects import dialect_for
from embedmig.dialects.mssql_session import MSSQLSession
from embedmig.dialects.session import LockKey, Turn
from embedmig.errors import InvalidOperation, UnsupportedOperation
from embedmig.ops.facade import Operations
from tests.dialects.directives import start
from tests.rendering import Migration, ours, sa_dialect
from tests.sessions import Recorder


def lines(migration: Migration) -> list[str]:
    return ours("mssql", migration, start)


def test_a_dropped_column_takes_along_all_that_hangs_on_it() -> None:
    """Otherwise the server refuses; PostgreSQL and MySQL do it by themselves."""
    kinds = [
        "sys.foreign_keys AS c",
        "sys.default_constraints AS c",
        "ALTER TABLE account DROP COLUMN team_id",
    ]
    made = lines(lambda op: op.drop_column("account", "team_id"))
    assert [kind in line for kind, line in zip(kinds, made, strict=True)] == [True] * 3
    made = lines(lambda op: op.drop_column("account", "name"))
    assert made[0] == "DROP INDEX ix_account_name ON account"
    made = lines(lambda op: op.drop_column("account", "email"))
    assert "N'UQ'" in made[0]
    made = lines(lambda op: op.drop_column("account", "score"))
    assert "c.definition LIKE N'%[[]score]%'" in made[0]


def test_a_column_nobody_knows_is_dropped_with_what_the_options_say() -> None:
    def migration(op: Operations) -> None:
        op.drop_column(
            "elsewhere", "c_1", mssql_drop_check=True, mssql_drop_foreign_key=True, schema="shop"
        )

    made = lines(migration)
    assert len(made) == 4
    assert "OBJECT_ID(N'shop.elsewhere')" in made[0]
    assert "LIKE N'%[[]c[_]1]%'" in made[1]


def test_the_default_stands_aside_only_for_another_kind_of_type() -> None:
    longer = lines(lambda op: op.alter_column("account", "score", type_=sa.Numeric(10, 4)))
    assert longer == ["ALTER TABLE account ALTER COLUMN score NUMERIC(10, 4) NOT NULL"]
    drop, alter, add = lines(lambda op: op.alter_column("account", "score", type_=sa.Float()))
    assert "sys.default_constraints" in drop
    assert alter == "ALTER TABLE account ALTER COLUMN score FLOAT NOT NULL"
    assert add == "ALTER TABLE account ADD DEFAULT '0' FOR score"


def test_a_type_or_null_that_nobody_knows_is_asked_for() -> None:
    with pytest.raises(InvalidOperation, match="pass existing_type"):
        lines(lambda op: op.alter_column("elsewhere", "c", nullable=False))
    with pytest.raises(InvalidOperation, match="pass existing_nullable"):
        lines(lambda op: op.alter_column("elsewhere", "c", type_=sa.Integer()))


def test_the_collation_stays_when_the_type_names_none() -> None:
    def begin(op: Operations) -> None:
        op.create_table("t", sa.Column("c", sa.String(5, collation="Latin1_General_BIN")))

    def migration(op: Operations) -> None:
        op.alter_column("t", "c", type_=sa.String(9))
        op.alter_column("t", "c", nullable=False)

    assert ours("mssql", migration, begin) == [
        "ALTER TABLE t ALTER COLUMN c VARCHAR(9) COLLATE Latin1_General_BIN NULL",
        "ALTER TABLE t ALTER COLUMN c VARCHAR(9) COLLATE Latin1_General_BIN NOT NULL",
    ]


def test_the_collation_goes_when_only_the_old_type_is_said_to_have_one() -> None:
    """As on the way back of an operation that gave it."""
    collated = sa.String(5, collation="Latin1_General_BIN")

    def begin(op: Operations) -> None:
        op.create_table("t", sa.Column("c", collated))

    def migration(op: Operations) -> None:
        op.alter_column("t", "c", type_=sa.String(9), existing_type=collated)
        op.alter_column("t", "c", nullable=False)

    assert ours("mssql", migration, begin) == [
        "ALTER TABLE t ALTER COLUMN c VARCHAR(9) NULL",
        "ALTER TABLE t ALTER COLUMN c VARCHAR(9) NOT NULL",
    ]


def test_sp_rename_takes_the_new_name_letter_by_letter() -> None:
    def migration(op: Operations) -> None:
        op.rename_table("Order", "it's new", schema="my shop")
        op.rename_column("Order", "Select", "Group By", schema="my shop")
        op.rename_index("ix", "ix new", table_name="Order", schema="my shop")
        op.rename_constraint("Order", "ck", "ck new", schema="my shop")

    assert lines(migration) == [
        "EXEC sp_rename N'[my shop].[Order]', N'it''s new', N'OBJECT'",
        "EXEC sp_rename N'[my shop].[Order].[Select]', N'Group By', N'COLUMN'",
        "EXEC sp_rename N'[my shop].[Order].ix', N'ix new', N'INDEX'",
        "EXEC sp_rename N'[my shop].ck', N'ck new', N'OBJECT'",
    ]


def test_a_comment_needs_neither_a_schema_nor_the_old_comment() -> None:
    (line,) = lines(lambda op: op.alter_column("account", "name", comment="it's"))
    assert line.startswith("DECLARE @embedmig sysname = SCHEMA_NAME();\nIF EXISTS (SELECT 1 ")
    assert "sp_updateextendedproperty N'MS_Description', N'it''s'" in line
    assert "ELSE\nEXEC sys.sp_addextendedproperty" in line
    (line,) = lines(lambda op: op.create_table_comment("t", "x", schema="shop"))
    assert "sysname = N'shop';" in line


def test_a_key_without_a_name_is_found_by_its_columns() -> None:
    def migration(op: Operations) -> None:
        op.create_table("t", sa.Column("a", sa.Integer, unique=True), sa.Column("b", sa.Integer))
        op.drop_constraint(None, "t", "unique", columns=["a"])
        op.drop_constraint(None, "team", "primary")
        op.create_foreign_key(None, "t", "team", ["b"], ["id"])
        op.drop_constraint(None, "t", "foreignkey", columns=["b"])

    made = lines(migration)
    assert "c.type = N'UQ' AND (SELECT COUNT(*) FROM sys.index_columns" in made[1]
    assert "IN (N'a')) = 1" in made[1]
    assert "c.type = N'PK'" in made[2]
    assert "FROM sys.foreign_keys AS c" in made[4]


@pytest.mark.parametrize(
    ("migration", "condition"),
    [
        (lambda op: op.create_schema("s", if_not_exists=True), "SCHEMA_ID(N's')"),
        (lambda op: op.create_sequence("q", if_not_exists=True), "OBJECT_ID(N'q')"),
        (
            lambda op: op.create_table("o'", sa.Column("a", sa.Integer), if_not_exists=True),
            "OBJECT_ID(N'[o'']')",
        ),
    ],
)
def test_if_not_exists_is_a_condition_around_the_statement(
    migration: Migration, condition: str
) -> None:
    (line,) = lines(migration)
    assert line.startswith(f"IF NOT ({condition} IS NOT NULL)\nBEGIN\nEXEC(N'CREATE ")


def test_identity_insert_is_switched_for_values_of_the_identity_only() -> None:
    def migration(op: Operations) -> None:
        made = op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
        )
        op.bulk_insert(made, [{"a": 1}])
        op.bulk_insert(made, [{"id": 7, "a": 1}])
        light = sa.table("t", sa.column("id", sa.Integer))
        op.bulk_insert(light, [{"id": 8}])

    assert lines(migration)[1:] == [
        "INSERT INTO t (a) VALUES (1)",
        "SET IDENTITY_INSERT t ON",
        "INSERT INTO t (id, a) VALUES (7, 1)",
        "SET IDENTITY_INSERT t OFF",
        "SET IDENTITY_INSERT t ON",
        "INSERT INTO t (id) VALUES (8)",
        "SET IDENTITY_INSERT t OFF",
    ]


@pytest.mark.parametrize(
    ("migration", "why"),
    [
        (lambda op: op.create_index("ix", "account", [text("lower(name)")]), "computed column"),
        (lambda op: op.drop_schema("s", cascade=True), "dropped empty"),
        (
            lambda op: op.alter_column("account", "id", server_default=sa.Identity()),
            "add a new column",
        ),
        (
            lambda op: op.create_unique_constraint("u", "account", ["id"], deferrable=True),
            "deferrable",
        ),
    ],
)
def test_what_cannot_be_done_is_said(migration: Migration, why: str) -> None:
    with pytest.raises(UnsupportedOperation, match=why):
        lines(migration)


def test_an_index_may_be_descending() -> None:
    made = lines(lambda op: op.create_index("ix", "account", [text("name DESC")]))
    assert made == ["CREATE INDEX ix ON account (name DESC)"]


def test_a_sequence_is_restarted() -> None:
    assert lines(lambda op: op.alter_sequence("s", start=7)) == ["ALTER SEQUENCE s RESTART WITH 7"]


def test_scripts_are_cut_into_batches() -> None:
    assert dialect_for(sa_dialect("mssql")).ddl.script_end == ";\nGO"


# ---------------------------------------------------------------------------- the session

KEY = LockKey("dbo.embedmig_version")


def test_the_lock_is_taken_by_the_transaction_and_never_waits() -> None:
    connection: Any = Recorder(sa_dialect("mssql"), answers=[0])
    assert MSSQLSession().begin(connection, Turn(KEY, "x", 3.0))
    assert connection.log[:2] == ["SET LOCK_TIMEOUT 3000", "BEGIN TRANSACTION"]
    assert f"@Resource = '{KEY.name}'" in connection.log[2]
    assert "@LockOwner = 'Transaction', @LockTimeout = 0" in connection.log[2]


def test_a_taken_lock_leaves_no_transaction_open() -> None:
    connection: Any = Recorder(sa_dialect("mssql"), answers=[-1])
    assert not MSSQLSession().begin(connection, Turn(KEY, "x", None))
    assert connection.log[0] == "SET LOCK_TIMEOUT -1"
    assert connection.log[-1] == "ROLLBACK"


def test_the_lock_of_a_session_is_checked_and_given_back() -> None:
    connection: Any = Recorder(sa_dialect("mssql"), answers=[0, "Exclusive"])
    session = MSSQLSession()
    assert session.lock(connection, KEY)
    assert session.holds(connection, KEY)
    session.unlock(connection, KEY)
    assert "APPLOCK_MODE('public'" in connection.log[1]
    assert "sp_releaseapplock" in connection.log[2]
