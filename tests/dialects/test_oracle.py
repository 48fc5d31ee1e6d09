"""Oracle: one MODIFY, blocks for what the SQL has no clause for, and names as they are stored."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateTable

from embedmig import Migrator, Registry
from embedmig.dialects import dialect_for
from embedmig.dialects.oracle_session import OracleSession
from embedmig.dialects.session import LockKey
from embedmig.errors import InvalidOperation, LockLost, UnsupportedOperation
from embedmig.history import Tables
from embedmig.ops.facade import Operations
from tests.dialects.directives import start
from tests.rendering import Migration, ours, sa_dialect
from tests.sessions import Recorder


def lines(migration: Migration) -> list[str]:
    return ours("oracle", migration, start)


def test_a_column_is_changed_by_one_modify() -> None:
    def migration(op: Operations) -> None:
        op.alter_column(
            "account", "email", type_=sa.String(200), nullable=False, server_default="x"
        )

    assert lines(migration) == [
        "ALTER TABLE account MODIFY email VARCHAR2(200 CHAR) DEFAULT 'x' NOT NULL"
    ]


def test_null_is_said_only_where_it_changes() -> None:
    """ORA-01442 and ORA-01451: the column is that already."""
    assert lines(lambda op: op.alter_column("account", "name", nullable=False)) == []
    assert lines(lambda op: op.alter_column("account", "email", nullable=True)) == []
    assert lines(lambda op: op.alter_column("elsewhere", "c", nullable=True)) == [
        "ALTER TABLE elsewhere MODIFY c NULL"
    ]
    told: Migration = lambda op: op.alter_column(  # noqa: E731
        "elsewhere", "c", nullable=True, existing_nullable=True
    )
    assert lines(told) == []


def test_comments_are_qualified_and_quoted() -> None:
    def migration(op: Operations) -> None:
        op.create_table_comment("Order", "it's", schema="my shop")
        op.alter_column("Order", "Select", comment="x", schema="my shop")
        op.alter_column("Order", "Select", comment=None, schema="my shop")

    assert lines(migration) == [
        "COMMENT ON TABLE \"my shop\".\"Order\" IS 'it''s'",
        'COMMENT ON COLUMN "my shop"."Order"."Select" IS \'x\'',
        'COMMENT ON COLUMN "my shop"."Order"."Select" IS \'\'',
    ]


def test_a_guard_is_a_block_that_asks_for_names_as_they_are_stored() -> None:
    (line,) = lines(lambda op: op.drop_column("t", "MixedCase", schema="shop", if_exists=True))
    assert line == (
        "DECLARE\n  found NUMBER;\nBEGIN\n"
        "  SELECT COUNT(*) INTO found FROM all_tab_columns WHERE owner = 'SHOP' "
        "AND table_name = 'T' AND column_name = 'MixedCase';\n"
        "  IF found > 0 THEN\n"
        "    EXECUTE IMMEDIATE 'ALTER TABLE shop.t DROP COLUMN \"MixedCase\"';\n"
        "  END IF;\nEND;"
    )


def test_what_hangs_on_several_columns_goes_with_one_of_them() -> None:
    def migration(op: Operations) -> None:
        op.create_unique_constraint("uq", "bare", ["a", "b"])
        op.drop_column("bare", "b")
        op.drop_column("account", "seen")

    assert lines(migration)[1:] == [
        "ALTER TABLE bare DROP COLUMN b CASCADE CONSTRAINTS",
        "ALTER TABLE account DROP COLUMN seen",
    ]


def test_a_key_without_a_name_is_dropped_by_its_columns() -> None:
    def migration(op: Operations) -> None:
        op.create_table("t", sa.Column("Select", sa.Integer, unique=True))
        op.drop_constraint(None, "t", "unique", columns=["Select"])
        op.drop_constraint(None, "team", "primary")

    assert lines(migration)[1:] == [
        'ALTER TABLE t DROP UNIQUE ("Select")',
        "ALTER TABLE team DROP PRIMARY KEY",
    ]


def test_a_foreign_key_without_a_name_has_one_that_only_the_server_knows() -> None:
    def migration(op: Operations) -> None:
        op.create_foreign_key(None, "bare", "team", ["b"], ["id"])
        op.drop_constraint(None, "bare", "foreignkey", columns=["b"])

    with pytest.raises(InvalidOperation, match="name it when it is created"):
        lines(migration)


def test_identity_and_generation_are_changed_within_their_kind() -> None:
    def begin(op: Operations) -> None:
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, sa.Identity()),
            sa.Column("v", sa.Integer, sa.Computed("id + 1")),
        )

    def migration(op: Operations) -> None:
        op.alter_column("t", "id", server_default=sa.Identity(always=True, increment=5))
        op.alter_column("t", "id", server_default=None)
        op.alter_column("t", "v", server_default=sa.Computed("id + 2"))

    assert ours("oracle", migration, begin) == [
        "ALTER TABLE t MODIFY id GENERATED ALWAYS AS IDENTITY (INCREMENT BY 5)",
        "ALTER TABLE t MODIFY id DROP IDENTITY",
        "ALTER TABLE t MODIFY v GENERATED ALWAYS AS (id + 2)",
    ]
    with pytest.raises(UnsupportedOperation, match="cannot be changed in place"):
        ours("oracle", lambda op: op.alter_column("t", "v", server_default=None), begin)


def test_options_of_a_sequence_are_one_word() -> None:
    def migration(op: Operations) -> None:
        op.alter_sequence("s", cycle=False, minvalue=None, increment=3, start=9)

    assert lines(migration) == [
        "ALTER SEQUENCE s NOCYCLE NOMINVALUE INCREMENT BY 3 RESTART START WITH 9"
    ]


def test_a_schema_is_a_user() -> None:
    for migration in (lambda op: op.create_schema("s"), lambda op: op.drop_schema("s")):
        with pytest.raises(UnsupportedOperation, match="CREATE USER"):
            lines(migration)


def test_scripts_end_a_statement_with_a_slash() -> None:
    assert dialect_for(sa_dialect("oracle")).ddl.script_end == "\n/"


def script(*ids: str, **options: Any) -> str:
    """A history of these revisions, each of which keeps a hard text."""
    registry = Registry()
    for before, id in zip((None, *ids), ids, strict=False):

        def body(op: Operations) -> None:
            op.execute(sa.text("UPDATE t SET a = :a").bindparams(a=9 * "a line;\n/\né"))
            op.execute(sa.text("UPDATE t SET a = :a").bindparams(a=9000 * "b"))

        registry.revision(id, down_revision=before)(body)
    migrator = Migrator(sa.create_engine("sqlite://"), None, registry)
    return migrator.render_sql(dialect="oracle", **options)


def test_a_base_may_have_no_parents_where_an_empty_string_is_null() -> None:
    """Its record is written as everywhere, so the column must take what Oracle makes of it."""
    live = str(CreateTable(Tables().history).compile(dialect=sa_dialect("oracle")))
    written = script("a")
    assert "VALUES ('a', '', 'upgrade', " in written
    for text in (live, written):
        assert "\tdown_revisions CLOB, \n" in text
        assert "\trevision VARCHAR2(255 CHAR) NOT NULL, \n" in text


@pytest.mark.parametrize("idempotent", [False, True])
def test_sqlplus_finds_no_end_in_a_string_and_no_line_too_long(idempotent: bool) -> None:
    """It takes `;` and `/` at the end of any line for the end, and ignores lines of 2,500."""
    ids = [f"revision_{n:04}" for n in range(150)]
    written = script(*ids, idempotent=idempotent)
    assert max(map(len, written.splitlines())) < 2500
    assert r"a line;\000a/\000a\00e9" in written
    assert "a line;\n" not in written


# ---------------------------------------------------------------------------- the session

KEY = LockKey("app.embedmig_version")


def test_the_lock_is_one_that_survives_the_commits_of_ddl() -> None:
    connection: Any = Recorder(sa_dialect("oracle"), answers=[0, 4, 0])
    session = OracleSession()
    assert session.lock(connection, KEY)
    assert session.holds(connection, KEY)
    session.unlock(connection, KEY)
    request, again, release = connection.log
    assert request == again
    assert request.startswith("SELECT DBMS_LOCK.REQUEST(")
    assert request.endswith(", 6, 0) FROM dual")
    assert release.startswith("SELECT DBMS_LOCK.RELEASE(")
    assert not session.transactional_ddl


@pytest.mark.parametrize(("answer", "got"), [(0, True), (1, False), (4, True)])
def test_what_the_lock_answers(answer: int, got: bool) -> None:
    connection: Any = Recorder(sa_dialect("oracle"), answers=[answer])
    assert OracleSession().lock(connection, KEY) is got


def test_a_broken_answer_is_no_lock() -> None:
    connection: Any = Recorder(sa_dialect("oracle"), answers=[3])
    with pytest.raises(LockLost, match="answered 3"):
        OracleSession().lock(connection, KEY)


def test_a_missing_privilege_is_named() -> None:
    class Refusing(Recorder):
        def execute(self, clause: Any, parameters: Any = None, **_: Any) -> Any:
            raise DatabaseError("", {}, Exception(904, "DBMS_LOCK: invalid identifier"))

    connection: Any = Refusing(sa_dialect("oracle"))
    with pytest.raises(UnsupportedOperation, match="GRANT EXECUTE ON DBMS_LOCK"):
        OracleSession().lock(connection, KEY)


def test_ddl_queues_for_a_limited_time() -> None:
    connection: Any = Recorder(sa_dialect("oracle"))
    OracleSession().prepare(connection, ddl_lock_timeout=2.6)
    assert connection.log == ["ALTER SESSION SET DDL_LOCK_TIMEOUT = 3"]
