"""What Alembic loses or breaks in its operations, on every dialect that it does it on.

Each test fails on the behaviour that its name describes.
"""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from embedmig.ops.facade import Operations
from tests.dialects.directives import start
from tests.rendering import NAMES, Migration, ours

SERVERS = tuple(name for name in NAMES if name != "sqlite")


def script(name: str, migration: Migration) -> str:
    return "\n".join(ours(name, migration, start))


@pytest.mark.parametrize("name", NAMES)
def test_add_column_keeps_a_check_that_stands_at_the_column(name: str) -> None:
    """SQL Server and Oracle lost it."""

    def migration(op: Operations) -> None:
        check = sa.CheckConstraint("age > 0", name="ck_age")
        op.add_column("account", sa.Column("age", sa.Integer, check))
        op.add_column("account", sa.Column("size1", sa.Integer, sa.CheckConstraint("size1 > 0")))

    text = script(name, migration)
    assert "CONSTRAINT ck_age CHECK (age > 0)" in text
    assert "CHECK (size1 > 0)" in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inline", [False, True])
def test_add_column_keeps_its_foreign_key(name: str, inline: bool) -> None:
    """SQL Server and Oracle lost an inline one, and its name was lost everywhere."""

    def migration(op: Operations) -> None:
        key = sa.ForeignKey("team.id", name="fk_owner", ondelete="CASCADE")
        op.add_column("account", sa.Column("owner", sa.Integer, key), inline_references=inline)

    text = script(name, migration)
    assert re.search(r"CONSTRAINT fk_owner .*REFERENCES team \(id\) ON DELETE CASCADE", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_indexes_of_a_guarded_table_are_guarded(name: str) -> None:
    """A second run stopped at the index."""

    def migration(op: Operations) -> None:
        op.create_table("item", sa.Column("label", sa.String(20), index=True), if_not_exists=True)

    text = script(name, migration)
    plain = [line for line in text.splitlines() if line.startswith("CREATE INDEX ix_item_label")]
    assert plain == []
    assert "ix_item_label" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_guard_is_never_left_out(name: str) -> None:
    """if_exists was ignored on MySQL, if_not_exists on SQL Server and Oracle."""

    def migration(op: Operations) -> None:
        op.drop_constraint("uq_nothing", "account", "unique", if_exists=True)
        op.drop_index("ix_nothing", "account", if_exists=True)
        op.add_column("account", sa.Column("name", sa.String(20)), if_not_exists=True)
        op.create_index("ix_account_name", "account", ["name"], if_not_exists=True)

    for line in ours(name, migration, start):
        if re.match(r"ALTER|CREATE|DROP", line):
            assert re.search(r"IF (NOT )?EXISTS", line), line


@pytest.mark.parametrize("name", SERVERS)
def test_comments_are_set_in_the_schema_and_the_names_are_quoted(name: str) -> None:
    """Oracle's forgot the schema and the quotes; SQL Server's needed an explicit schema."""

    def migration(op: Operations) -> None:
        for schema in (None, "my shop"):
            op.create_table("Order", sa.Column("Select", sa.String(20)), schema=schema)
            op.alter_column("Order", "Select", comment="it's", schema=schema)
            op.create_table_comment("Order", "all", schema=schema)

    lines = [line for line in ours(name, migration, start) if "CREATE TABLE" not in line]
    assert len(lines) == 4
    for line in lines[2:]:
        assert re.search(r'["`\[]my shop["`\]]\.["`\[]Order["`\]]', line), line
    for line in (lines[0], lines[2]):
        assert "it''s" in line
        assert re.search(r"(N'Select'|[\"`]Select[\"`])", line)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_has_values_and_no_placeholders(name: str) -> None:
    """Binds leaked as `:x` or `%(x)s`, and `%` was doubled."""
    account = sa.table("account", sa.column("name", sa.String), sa.column("score", sa.Numeric))

    def migration(op: Operations) -> None:
        op.execute(
            account.update().values(name="100%").where(account.c.score.in_([Decimal("1.5"), 2]))
        )
        op.execute(sa.text("DELETE FROM account WHERE name = :n").bindparams(n="it's 5%"))
        op.bulk_insert(account, [{"name": "a%b", "score": 1}, {"name": None, "score": None}])

    text = script(name, migration)
    assert "%%" not in text
    assert "POSTCOMPILE" not in text
    assert re.search(r"%\(|[:@]\w|\?", text.replace("it''s", "")) is None
    assert "'100%'" in text
    assert "'it''s 5%'" in text
    assert "'a%b'" in text


@pytest.mark.parametrize("name", SERVERS)
def test_alter_column_needs_no_existing_arguments(name: str) -> None:
    """MySQL's MODIFY and SQL Server's ALTER COLUMN write the whole column."""

    def migration(op: Operations) -> None:
        op.alter_column("account", "name", nullable=True)
        op.alter_column("account", "score", type_=sa.Numeric(12, 2))

    first, *rest = ours(name, migration, start)
    if name in ("mysql", "mariadb"):
        assert first.endswith("VARCHAR(50) NULL COMMENT 'what it''s called'")
        assert rest == ["ALTER TABLE account MODIFY score NUMERIC(12, 2) NOT NULL DEFAULT '0'"]
    if name == "mssql":
        assert first.endswith("VARCHAR(50) NULL")
        assert rest == ["ALTER TABLE account ALTER COLUMN score NUMERIC(12, 2) NOT NULL"]


@pytest.mark.parametrize("name", NAMES)
def test_a_new_enum_type_exists_before_the_column_that_uses_it(name: str) -> None:
    """PostgreSQL's was forgotten in add_column and in alter_column."""

    def migration(op: Operations) -> None:
        op.add_column("account", sa.Column("colour", sa.Enum("red", "green", name="colour")))
        op.alter_column(
            "account", "email", type_=sa.Enum("x", "y", name="kind"), postgresql_using="email::kind"
        )

    lines = ours(name, migration, start)
    if name == "postgresql":
        types = [i for i, line in enumerate(lines) if line.startswith("CREATE TYPE")]
        users = [i for i, line in enumerate(lines) if line.startswith("ALTER TABLE")]
        assert [t < u for t, u in zip(types, users, strict=True)] == [True, True]
    else:
        assert not any(line.startswith("CREATE TYPE") for line in lines)


@pytest.mark.parametrize("name", SERVERS)
def test_a_column_that_is_renamed_and_altered_is_altered_under_its_old_name(name: str) -> None:
    def migration(op: Operations) -> None:
        op.alter_column("account", "email", new_column_name="mail", nullable=False)
        op.alter_column("account", "mail", nullable=True)

    assert "email" not in ours(name, migration, start)[-1]
