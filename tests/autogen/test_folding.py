"""Folding changes nothing but the number of operations; what is not certain stays where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import ops
from embedmig.autogen.folding import fold
from tests.autogen.sources import recorded, source_of


def verbs(function: Callable[[Any], None]) -> list[str]:
    return [operation.verb for operation in fold(recorded(function))]


def table(op: Any, name: str, *more: Any) -> None:
    op.create_table(name, sa.Column("id", sa.Integer, primary_key=True), *more)


def test_changes_of_a_new_table_go_into_it() -> None:
    def run(op: Any) -> None:
        table(op, "t", sa.Column("a", sa.Integer), sa.Column("gone", sa.Integer))
        op.add_column("t", sa.Column("b", sa.Text))
        op.drop_column("t", "gone")
        op.alter_column("t", "a", nullable=False, new_column_name="c")
        op.create_unique_constraint("uq", "t", ["b"])
        op.create_index("ix", "t", ["c"])
        op.create_table_comment("t", "said")
        with op.batch_alter_table("t") as batch:
            batch.create_check_constraint("ck", "c > 0")
            batch.drop_constraint("uq", type_="unique")

    [created] = fold(recorded(run))
    assert source_of(created) == (
        "op.create_table(\n"
        '    "t",\n'
        '    sa.Column("id", sa.Integer(), nullable=False),\n'
        '    sa.Column("c", sa.Integer(), nullable=False),\n'
        '    sa.Column("b", sa.Text()),\n'
        '    sa.PrimaryKeyConstraint("id"),\n'
        '    sa.CheckConstraint("c > 0", name="ck"),\n'
        '    sa.Index("ix", "c"),\n'
        '    comment="said",\n'
        ")"
    )


def test_a_table_that_is_dropped_again_was_never_there() -> None:
    def run(op: Any) -> None:
        table(op, "t")
        op.add_column("t", sa.Column("a", sa.Integer))
        op.drop_table("t")

    assert verbs(run) == []


def test_nothing_passes_a_statement_or_a_type() -> None:
    def statement(op: Any) -> None:
        table(op, "t")
        op.execute("UPDATE t SET id = 1")
        op.add_column("t", sa.Column("a", sa.Integer))
        op.drop_table("t")

    def enum(op: Any) -> None:
        table(op, "t")
        op.create_enum("e", ["a"])
        op.add_column("t", sa.Column("a", sa.Enum("a", name="e")))

    assert verbs(statement) == ["create_table", "execute", "add_column", "drop_table"]
    assert verbs(enum) == ["create_table", "create_enum", "add_column"]


def test_a_reference_to_a_later_table_stays_behind_it() -> None:
    def run(op: Any) -> None:
        table(op, "a", sa.Column("b_id", sa.Integer))
        table(op, "b")
        op.create_foreign_key("fk", "a", "b", ["b_id"], ["id"])
        op.add_column("a", sa.Column("plain", sa.Integer))

    assert verbs(run) == ["create_table", "create_table", "create_foreign_key", "add_column"]


@pytest.mark.parametrize("change", ["rename", "drop", "table"])
def test_what_a_later_table_refers_to_keeps_its_time(change: str) -> None:
    def run(op: Any) -> None:
        table(op, "a", sa.Column("n", sa.Integer))
        table(op, "b", sa.Column("a_id", sa.ForeignKey("a.id"), type_=sa.Integer))
        if change == "rename":
            op.rename_column("a", "id", "key")
        elif change == "drop":
            op.drop_column("a", "n")
        else:
            op.drop_table("a")

    assert len(verbs(run)) == 3


def test_a_table_that_was_there_before_is_only_changed() -> None:
    def run(op: Any) -> None:
        op.add_column("old", sa.Column("a", sa.Integer))
        op.drop_table("older")

    assert verbs(run) == ["add_column", "drop_table"]


def test_other_things_are_walls_that_stay() -> None:
    wall = object()
    created = ops.CreateTable("t", (sa.Column("a", sa.Integer),))
    added = ops.AddColumn("t", sa.Column("b", sa.Integer))
    assert fold([created, wall, added]) == [created, wall, added]
