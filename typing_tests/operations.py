"""What a migration looks like to a type checker: checked by mypy --strict, never run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import assert_type

import sqlalchemy as sa

from embedmig.ops.facade import Operations


def schema(op: Operations) -> None:
    table = op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), comment="a table")
    assert_type(table, sa.Table)
    op.add_column("t", sa.Column("x", sa.String(20), server_default=sa.text("'a'")))
    op.alter_column("t", "x", nullable=False, server_default=None, type_=sa.Text)
    op.alter_column("t", "x", new_column_name="y", postgresql_using="x::text")
    op.create_index("ix", "t", ["y", sa.text("lower(y)")], unique=True)
    op.create_foreign_key(None, "t", "u", ["y"], ["id"], ondelete="CASCADE")
    with op.batch_alter_table("t", recreate="always") as batch:
        batch.add_column(sa.Column("z", sa.Integer))
    op.add_column("t", "x")  # type: ignore[arg-type]  # a column is a Column, not a name


def data(op: Operations) -> None:
    table = op.table("t")
    assert_type(table, sa.Table)
    op.execute(table.update().where(table.c.id == 1).values(x="y"))
    op.execute("UPDATE t SET x = 1")
    op.bulk_insert(table, [{"id": 1}, {"id": 2}])
    assert_type(op.connection, sa.Connection)
    assert_type(op.is_offline, bool)
    assert_type(op.autocommit_block(), AbstractContextManager[None])
