"""Operations become constructs and constructs become operations, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import ops
from embedmig.ops import constructs
from embedmig.ops.fingerprint import fingerprint
from tests.support import recorded

CONSTRAINTS = [
    ops.CreatePrimaryKey("t", ("a", "b"), constraint_name="pk", schema="s"),
    ops.CreateUniqueConstraint("t", ("a",), deferrable=True, initially="DEFERRED"),
    ops.CreateForeignKey(
        "t", "o.with.dots", ("a",), ("x",), referent_schema="r", ondelete="CASCADE", match="FULL"
    ),
    ops.CreateForeignKey("t", "t", ("a",), ("b",), constraint_name="self"),
    ops.CreateCheckConstraint("t", sa.text("a > 0"), constraint_name="ck"),
]


@pytest.mark.parametrize("op", CONSTRAINTS, ids=lambda op: op.describe())
def test_a_constraint_survives_the_round_trip(op: Any) -> None:
    made = constructs.constraint_of(op)
    back = constructs.operation_of(made, made.table)
    assert back is not None
    assert fingerprint(back) == fingerprint(op)


def test_an_index_survives_the_round_trip() -> None:
    op = ops.CreateIndex("ix", "t", ("a", sa.text("lower(b)")), unique=True, schema="s")
    index = constructs.index_of(op)
    assert index.table is not None
    assert fingerprint(constructs.index_operation_of(index, index.table)) == fingerprint(op)


def test_a_condition_on_the_applications_table_leaves_that_table_alone() -> None:
    live = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    op = ops.CreateCheckConstraint("t", live.c.a > 5, constraint_name="ck")
    index = ops.CreateIndex("ix", "t", (sa.func.abs(live.c.a), live.c.a))
    constructs.constraint_of(op)
    constructs.index_of(index)
    assert live.indexes == set()
    assert [c for c in live.constraints if isinstance(c, sa.CheckConstraint)] == []


CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def test_a_naming_convention_names_what_has_no_name() -> None:
    names = [
        constructs.constraint_of(op, CONVENTION).name
        for op in (
            ops.CreateUniqueConstraint("t", ("a",)),
            ops.CreateForeignKey("t", "o", ("a",), ("x",)),
            ops.CreatePrimaryKey("t", ("a",)),
            ops.CreateCheckConstraint("t", "a > 0", constraint_name="positive"),
        )
    ]
    assert names == ["uq_t_a", "fk_t_a_o", "pk_t", "ck_t_positive"]
    assert constructs.index_of(ops.CreateIndex(None, "t", ("a",)), CONVENTION).name == "ix_t_a"


def test_a_final_name_is_left_alone() -> None:
    (op,) = recorded(lambda op: op.create_check_constraint(op.f("done"), "t", "a > 0"))
    assert isinstance(op, ops.CreateCheckConstraint)
    assert constructs.constraint_of(op, CONVENTION).name == "done"


def test_dropping_finds_the_name_that_creating_gave() -> None:
    drop = ops.DropConstraint("t", constraint_name="positive", type_="check")
    assert constructs.final_constraint_name(drop, CONVENTION) == "ck_t_positive"
    (final,) = recorded(lambda op: op.drop_constraint(op.f("positive"), "t", "check"))
    assert isinstance(final, ops.DropConstraint)
    assert constructs.final_constraint_name(final, CONVENTION) == "positive"
    untold = ops.DropConstraint("t", constraint_name="positive")
    assert constructs.final_constraint_name(untold, CONVENTION) == "positive"


@pytest.mark.parametrize(
    ("sql", "raw"),
    [
        ("UPDATE t SET a = 1", False),
        ("  -- why\n insert into t values (1)", False),
        ("WITH x AS (SELECT 1) DELETE FROM t", False),
        ("CREATE VIEW v AS SELECT 1", True),
        ("alter table t add column b int", True),
        ("DO $$ BEGIN END $$", True),
    ],
)
def test_sql_that_may_change_the_schema_is_told_from_data(sql: str, raw: bool) -> None:
    assert constructs.is_raw_sql(ops.ExecuteSQL(sql)) is raw
    assert constructs.is_raw_sql(ops.ExecuteSQL(sa.text(sql))) is raw


def test_a_ddl_element_and_a_custom_operation_may_change_the_schema() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    assert constructs.is_raw_sql(ops.ExecuteSQL(sa.schema.CreateTable(table)))
    assert not constructs.is_raw_sql(ops.ExecuteSQL(table.update()))
