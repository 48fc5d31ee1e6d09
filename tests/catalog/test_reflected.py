"""What is read from a database is enough to make it again, exactly."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from embedmig import ops
from embedmig.catalog import LiveCatalog
from embedmig.errors import UnknownTable
from tests.databases import Database
from tests.support import apply, recorded


def everything(op: Any) -> None:
    """A table of all that a table can have, its names in need of quotes."""
    kind = sa.Enum("p", "q", name="E n", schema="s x")
    op.create_schema("s x")
    op.create_sequence("q", schema="s x", start=5, increment=3, cycle=True, maxvalue=100)
    op.create_table(
        "T 1",
        sa.Column("id", sa.BigInteger, sa.Identity(start=4, increment=2), primary_key=True),
        sa.Column("a b", sa.String(9, collation="C"), server_default="x%"),
        sa.Column("e", kind, server_default="p"),
        sa.Column("es", pg.ARRAY(kind)),
        sa.Column("g", sa.Integer, sa.Computed("id * 2", persisted=True)),
        sa.Column("ts", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("j", pg.JSONB, server_default='{"a": 1}'),
        sa.Column(
            "up",
            sa.ForeignKey("s x.T 1.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED"),
        ),
        sa.CheckConstraint("g > 0 AND \"a b\" LIKE '5%'", name="ck 1"),
        schema="s x",
        comment="t%",
    )
    op.create_index(
        "ix 1",
        "T 1",
        [sa.text("g DESC NULLS LAST"), sa.text('lower("a b") DESC')],
        unique=True,
        schema="s x",
        postgresql_where=sa.text("g > 5 AND \"a b\" LIKE 'x%'"),
        postgresql_include=["ts"],
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(
        "ix 2", "T 1", ["j"], schema="s x", postgresql_using="gin",
        postgresql_ops={"j": "jsonb_path_ops"},
    )  # fmt: skip
    op.create_unique_constraint(None, "T 1", ["a b", "up"], schema="s x")


_SNAPSHOT = (
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,"
    " pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum), a.attcollation"
    " FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    ' WHERE a.attrelid = \'"s x"."T 1"\'::regclass AND a.attnum > 0 AND NOT a.attisdropped'
    " ORDER BY 1",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 's x' ORDER BY 1",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    ' WHERE conrelid = \'"s x"."T 1"\'::regclass ORDER BY 1',
    "SELECT * FROM pg_sequences ORDER BY sequencename",
    'SELECT obj_description(\'"s x"."T 1"\'::regclass)',
    "SELECT typname, enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid"
    " ORDER BY typname, enumsortorder",
)


def snapshot(connection: sa.Connection) -> list[Any]:
    """The table as the server itself writes it down."""
    return [connection.exec_driver_sql(query).all() for query in _SNAPSHOT]


PLACE = {"schema": "s x"}
TAKEN_AWAY: list[ops.Operation] = [
    ops.DropTable("T 1", **PLACE),
    ops.DropSequence("q", **PLACE),
    ops.AlterSequence("q", options={"increment": 7, "cycle": False}, **PLACE),
    ops.DropColumn("T 1", "a b", **PLACE),
    ops.DropColumn("T 1", "e", **PLACE),
    ops.DropColumn("T 1", "es", **PLACE),
    ops.DropColumn("T 1", "j", **PLACE),
    ops.DropIndex("ix 1", **PLACE),
    ops.DropConstraint("T 1", type_="unique", columns=("a b", "up"), **PLACE),
    ops.DropConstraint("T 1", type_="foreignkey", columns=("up",), **PLACE),
    ops.DropConstraint("T 1", constraint_name="ck 1", type_="check", **PLACE),
    ops.DropTableComment("T 1", **PLACE),
    ops.AlterColumn("T 1", "e", server_default=None, type_=sa.String(5), **PLACE),
    ops.AlterColumn("T 1", "id", server_default=None, **PLACE),
    ops.AlterColumn("T 1", "ts", server_default=None, nullable=False, comment="c", **PLACE),
    ops.RenameColumn("T 1", "a b", "ab", **PLACE),
]


@pytest.mark.parametrize("op", TAKEN_AWAY, ids=lambda op: op.describe())
def test_what_is_taken_away_can_be_put_back_as_it_was(postgresql: Database, op: Any) -> None:
    with postgresql.engine().connect() as connection:
        apply(connection, *recorded(everything))
        before = snapshot(connection)
        catalog = LiveCatalog(connection)
        completed = catalog.complete(op)
        apply(connection, op, catalog=catalog)
        apply(connection, completed.reverse(), catalog=catalog)
        assert snapshot(connection) == before


def test_a_table_that_is_not_there_is_an_error(db: Database) -> None:
    with db.engine().connect() as connection, pytest.raises(UnknownTable):
        LiveCatalog(connection).state("nothing")
