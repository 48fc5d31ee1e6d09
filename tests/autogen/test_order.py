"""The order of operations depends on what they are, not on how they came."""

from __future__ import annotations

import random

import sqlalchemy as sa

from embedmig import ops
from embedmig.autogen.order import keys_at_once, ordered


def some_operations() -> list[ops.Operation]:
    generated: sa.Column[int] = sa.Column("g", sa.Integer, sa.Computed("a + 1"))
    return [
        ops.CreateSchema("s"),
        ops.CreateEnum("e", ("a",)),
        ops.DropConstraint("t", constraint_name="fk", type_="foreignkey"),
        ops.DropTable("old"),
        ops.DropIndex("ix", "t"),
        ops.CreateTable("new"),
        ops.AddColumn("t", sa.Column("a", sa.Integer)),
        ops.AlterColumn("t", "b", nullable=True),
        ops.AddColumn("t", generated),
        ops.DropColumn("t", "c"),
        ops.CreatePrimaryKey("t", ("a",)),
        ops.CreateIndex("ix", "t", ("a",)),
        ops.CreateForeignKey("t", "new", ("a",), ("id",)),
        ops.DropEnum("f"),
        ops.ExecuteSQL("SELECT 1"),
    ]


def test_what_frees_comes_first_and_what_needs_comes_last() -> None:
    operations = some_operations()
    shuffled = operations[:]
    random.Random(1).shuffle(shuffled)
    assert [op.describe() for op in ordered(shuffled)] == [op.describe() for op in operations]


def test_a_column_that_comes_again_goes_before_it_comes() -> None:
    column: sa.Column[int] = sa.Column("g", sa.Integer, sa.Computed("a + 1"))
    add, drop = ops.AddColumn("t", column), ops.DropColumn("t", "g")
    assert ordered([add, drop]) == [drop, add]


def test_a_primary_key_and_its_columns_are_one_batch() -> None:
    drop = ops.DropConstraint("t", type_="primary", columns=("id",))
    alter = ops.AlterColumn("t", "id", autoincrement=False, existing_autoincrement=True)
    other = ops.AlterColumn("u", "id", nullable=True)
    create = ops.CreatePrimaryKey("t", ("id", "b"))
    kept, batch = keys_at_once([drop, alter, other, create])
    assert kept is other
    assert isinstance(batch, ops.BatchAlterTable)
    assert batch.changes == (drop, alter, create)
