"""What MySQL and MariaDB write differently from one another and from the standard."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import text

from embedmig.dialects import dialect_for
from embedmig.dialects.mysql_server import CURRENT_MARIADB, CURRENT_MYSQL
from embedmig.errors import InvalidOperation, UnsupportedOperation
from embedmig.ops.facade import Operations
from tests.dialects.directives import start
from tests.rendering import Migration, ours, sa_dialect

BOTH = ("mysql", "mariadb")


def lines(name: str, migration: Migration) -> list[str]:
    return ours(name, migration, start)


@pytest.mark.parametrize("name", BOTH)
def test_a_constraint_is_dropped_by_its_kind(name: str) -> None:
    def migration(op: Operations) -> None:
        op.drop_constraint("fk_account_team", "account")
        op.drop_constraint("uq_account_email", "account")
        op.drop_constraint("ck_account_score", "account")
        op.drop_constraint("PRIMARY", "team", "primary")

    guard, check = ("IF EXISTS ", "CONSTRAINT") if name == "mariadb" else ("", "CHECK")
    assert lines(name, migration) == [
        f"ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX {guard}fk_account_team",
        "ALTER TABLE account DROP INDEX uq_account_email",
        f"ALTER TABLE account DROP {check} ck_account_score",
        "ALTER TABLE team DROP PRIMARY KEY",
    ]


@pytest.mark.parametrize("name", BOTH)
def test_a_constraint_of_unknown_kind_is_dropped_in_general_words(name: str) -> None:
    assert ours(name, lambda op: op.drop_constraint("x", "elsewhere")) == [
        "ALTER TABLE elsewhere DROP CONSTRAINT x"
    ]


@pytest.mark.parametrize("name", BOTH)
def test_the_index_of_a_foreign_key_stays_where_the_user_made_one(name: str) -> None:
    def migration(op: Operations) -> None:
        op.create_index("ix_own", "account", ["team_id", "name"])
        op.drop_constraint("fk_account_team", "account", "foreignkey")

    assert lines(name, migration)[1] == "ALTER TABLE account DROP FOREIGN KEY fk_account_team"


@pytest.mark.parametrize("name", BOTH)
def test_unnamed_constraints_have_the_names_the_server_gives(name: str) -> None:
    """`drop_constraint(None)` by columns, without a database."""

    def migration(op: Operations) -> None:
        op.create_table(
            "t",
            sa.Column("a", sa.Integer, sa.ForeignKey("team.id")),
            sa.Column("b", sa.Integer, unique=True),
            sa.UniqueConstraint("b", "a"),
        )
        op.drop_constraint(None, "t", "unique", columns=["b", "a"])
        op.drop_constraint(None, "t", "unique", columns=["b"])
        op.drop_constraint(None, "t", "foreignkey", columns=["a"])

    made = lines(name, migration)[1:]
    assert {line.split("DROP INDEX ")[1] for line in made[:2]} == {"b", "b_2"}
    assert made[2].startswith("ALTER TABLE t DROP FOREIGN KEY t_ibfk_1")


def test_a_batch_is_one_alter_table() -> None:
    def migration(op: Operations) -> None:
        with op.batch_alter_table("account") as batch:
            batch.add_column(sa.Column("nick", sa.String(20)))
            batch.alter_column("email", nullable=False)
            batch.drop_column("seen")
            batch.create_index("ix_nick", ["nick"])
            batch.drop_index("ix_account_name")
            batch.rename_index("uq_account_email", "uq_mail")
            batch.create_table_comment("all at once")

    (line,) = lines("mysql", migration)
    assert line == (
        "ALTER TABLE account ADD COLUMN nick VARCHAR(20), MODIFY email VARCHAR(100) NOT NULL, "
        "DROP COLUMN seen, ADD INDEX ix_nick (nick), DROP INDEX ix_account_name, "
        "RENAME INDEX uq_account_email TO uq_mail, COMMENT 'all at once'"
    )


def test_a_second_change_of_the_same_column_comes_in_a_second_statement() -> None:
    def migration(op: Operations) -> None:
        with op.batch_alter_table("account") as batch:
            batch.rename_column("email", "mail")
            batch.alter_column("mail", nullable=False)
            batch.drop_constraint("ck_account_score", "check")
            batch.create_check_constraint("ck_account_score", "score > 1")

    assert lines("mariadb", migration) == [
        "ALTER TABLE account RENAME COLUMN email TO mail",
        "ALTER TABLE account MODIFY mail VARCHAR(100) NOT NULL, DROP CONSTRAINT ck_account_score",
        "ALTER TABLE account ADD CONSTRAINT ck_account_score CHECK (score > 1)",
    ]


@pytest.mark.parametrize("name", BOTH)
def test_a_named_check_of_a_column_stands_at_the_table(name: str) -> None:
    """At a column MariaDB takes it for a syntax error."""

    def migration(op: Operations) -> None:
        check = sa.CheckConstraint("d > 0", name="x")
        op.create_table("t", sa.Column("d", sa.Numeric, check))
        op.add_column("t", sa.Column("e", sa.Integer, sa.CheckConstraint("e > 0", name="y")))

    assert [" ".join(line.split()) for line in lines(name, migration)] == [
        "CREATE TABLE t ( d NUMERIC, CONSTRAINT x CHECK (d > 0) )",
        "ALTER TABLE t ADD COLUMN e INTEGER",
        "ALTER TABLE t ADD CONSTRAINT y CHECK (e > 0)",
    ]


def test_an_expression_in_an_index_is_mysqls_own() -> None:
    def migration(op: Operations) -> None:
        op.create_index("ix", "account", ["email", text("lower(name) DESC"), text("name(5)")])

    assert lines("mysql", migration) == [
        "CREATE INDEX ix ON account (email, (lower(name)) DESC, name(5))"
    ]
    with pytest.raises(UnsupportedOperation, match="generated column"):
        lines("mariadb", migration)
    assert lines("mariadb", lambda op: op.create_index("ix", "account", [text("name(5) DESC")]))


def test_an_index_without_its_table_is_found_or_asked_for() -> None:
    assert lines("mysql", lambda op: op.drop_index("ix_account_name")) == [
        "DROP INDEX ix_account_name ON account"
    ]
    with pytest.raises(InvalidOperation, match="give table_name"):
        lines("mysql", lambda op: op.drop_index("nothing"))
    with pytest.raises(InvalidOperation, match="give table_name"):
        lines("mysql", lambda op: op.rename_index("nothing", "x"))


def test_old_servers_rename_a_column_by_its_whole_definition() -> None:
    old = sa_dialect("mariadb")
    old.server_version_info = (10, 4, 0)
    made = ours(
        "", lambda op: op.rename_column("account", "name", "n"), start, dialect=dialect_for(old)
    )
    assert made == [
        "ALTER TABLE account CHANGE name n VARCHAR(50) NOT NULL COMMENT 'what it''s called'"
    ]


def test_what_a_url_calls_mysql_is_mariadb_once_it_is_met() -> None:
    """SQLAlchemy learns it at the first connection, after our dialect has been made."""
    met = sa_dialect("mysql")
    dialect = dialect_for(met)
    drop: Migration = lambda op: op.drop_constraint("ck", "t", "check")  # noqa: E731
    assert ours("", drop, dialect=dialect) == ["ALTER TABLE t DROP CHECK ck"]
    met.server_version_info, met.is_mariadb = (11, 4, 2), True
    assert ours("", drop, dialect=dialect) == ["ALTER TABLE t DROP CONSTRAINT ck"]


@pytest.mark.parametrize(
    ("name", "version"), [("mysql", CURRENT_MYSQL), ("mariadb", CURRENT_MARIADB)]
)
def test_without_a_server_a_current_release_is_spelled(name: str, version: Any) -> None:
    ddl: Any = dialect_for(sa_dialect(name)).ddl
    assert ddl.version == version
    made = ours(
        name,
        lambda op: op.create_table(
            "t", sa.Column("u", sa.String(36), server_default=text("uuid()"))
        ),
    )
    assert "DEFAULT (uuid())" in made[0]


def test_options_of_a_table_are_changed_in_place() -> None:
    def migration(op: Operations) -> None:
        op.alter_table_options(
            "team", mysql_engine="InnoDB", mysql_row_format="COMPRESSED", mysql_charset="utf8mb4"
        )

    assert lines("mysql", migration) == [
        "ALTER TABLE team ENGINE=InnoDB ROW_FORMAT=COMPRESSED DEFAULT CHARACTER SET=utf8mb4"
    ]
    assert lines("mariadb", migration) == lines("mysql", migration)
    with pytest.raises(UnsupportedOperation, match="no value to go back to"):
        lines("mysql", lambda op: op.alter_table_options("team", mysql_engine=None))


def test_sequences_are_mariadbs() -> None:
    def migration(op: Operations) -> None:
        op.create_sequence("s", start=5, schema="shop")
        op.alter_sequence("s", increment=2, schema="shop")
        op.drop_sequence("s", schema="shop", if_exists=True)

    assert lines("mariadb", migration) == [
        "CREATE SEQUENCE shop.s START WITH 5",
        "ALTER SEQUENCE shop.s INCREMENT BY 2",
        "DROP SEQUENCE IF EXISTS shop.s",
    ]
    with pytest.raises(UnsupportedOperation, match="no sequences"):
        lines("mysql", migration)


@pytest.mark.parametrize("name", BOTH)
def test_a_renamed_table_stays_in_its_schema(name: str) -> None:
    assert ours(name, lambda op: op.rename_table("a", "b", schema="shop")) == [
        "ALTER TABLE shop.a RENAME TO shop.b"
    ]


@pytest.mark.parametrize("name", BOTH)
def test_a_dropped_column_takes_along_what_the_server_would_refuse_it_for(name: str) -> None:
    def begin(op: Operations) -> None:
        start(op)
        op.create_unique_constraint("uq_two", "account", ["team_id", "name"])
        op.create_check_constraint("ck_team", "account", "team_id > 0")

    guard, check = ("IF EXISTS ", "CONSTRAINT") if name == "mariadb" else ("", "CHECK")
    (line,) = ours(name, lambda op: op.drop_column("account", "team_id"), begin)
    head, *clauses = line.removeprefix("ALTER TABLE account ").split(", ")
    assert {head, *clauses[:-1]} == {
        f"DROP FOREIGN KEY {guard}fk_account_team",
        f"DROP INDEX {guard}uq_two",
        f"DROP {check} {guard}ck_team",
    }
    assert clauses[-1] == "DROP COLUMN team_id"


@pytest.mark.parametrize("name", BOTH)
def test_a_foreign_key_gets_an_index_back_when_the_one_it_used_goes(name: str) -> None:
    """Otherwise the server refuses (1553): its own index went when this one came."""

    def migration(op: Operations) -> None:
        op.create_index("ix_own", "account", ["team_id", "name"])
        op.drop_index("ix_own", "account")

    assert lines(name, migration)[1] == (
        "ALTER TABLE account ADD INDEX fk_account_team (team_id), DROP INDEX ix_own"
    )


@pytest.mark.parametrize("name", BOTH)
def test_a_dropped_identity_no_longer_numbers(name: str) -> None:
    def migration(op: Operations) -> None:
        op.alter_column("team", "id", server_default=None)

    assert lines(name, migration) == ["ALTER TABLE team MODIFY id INTEGER NOT NULL"]


@pytest.mark.parametrize("name", BOTH)
def test_a_batch_is_one_statement_unless_a_column_goes_that_it_has_spoken_of(name: str) -> None:
    def migration(op: Operations) -> None:
        with op.batch_alter_table("account") as batch:
            batch.add_column(sa.Column("c", sa.Integer), insert_after="score")
            batch.create_index("ix_email", ["email"])
            batch.alter_column("score", new_column_name="points")
            batch.create_index("ix_points", ["points"])

    assert lines(name, migration) == [
        "ALTER TABLE account ADD COLUMN c INTEGER AFTER score, ADD INDEX ix_email (email)",
        "ALTER TABLE account RENAME COLUMN score TO points, ADD INDEX ix_points (points)",
    ]
