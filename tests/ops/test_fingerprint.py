"""The fingerprint of an operation: one text for what it does, in every process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from embedmig import ops
from embedmig.ops import constructs
from embedmig.ops.fingerprint import fingerprint
from tests.support import recorded


def create() -> ops.CreateTable:
    return ops.CreateTable(
        "t",
        (
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.String(50), sa.ForeignKey("o.id"), nullable=False, unique=True),
            sa.Column("b", sa.Enum("x", "y", name="e"), server_default="x", index=True),
            sa.CheckConstraint("a > ''", name="ck"),
        ),
        comment="hey",
    )


def test_the_same_operation_written_twice_has_one_fingerprint() -> None:
    assert fingerprint(create()) == fingerprint(create())


def test_a_table_taken_from_a_table_has_the_same_fingerprint() -> None:
    assert fingerprint(ops.CreateTable.from_table(create().to_table())) == fingerprint(create())


CHANGES: list[Any] = [
    sa.Column("c", sa.Integer),
    sa.Column("c", sa.BigInteger),
    sa.Column("c", sa.String(3)),
    sa.Column("c", sa.String(4)),
    sa.Column("c", sa.String(4, collation="C")),
    sa.Column("c", sa.Numeric(4, 1)),
    sa.Column("c", sa.Numeric(4, 2)),
    sa.Column("c", sa.DateTime(timezone=True)),
    sa.Column("c", sa.DateTime()),
    sa.Column("c", sa.Enum("a", "b", name="e")),
    sa.Column("c", sa.Enum("b", "a", name="e")),
    sa.Column("c", sa.ARRAY(sa.Integer)),
    sa.Column("c", sa.ARRAY(sa.String(3))),
    sa.Column("c", sa.Integer().with_variant(sa.BigInteger(), "mysql")),
    sa.Column("c", pg.JSONB),
    sa.Column("c", sa.Integer, nullable=False),
    sa.Column("c", sa.Integer, server_default="1"),
    sa.Column("c", sa.Integer, server_default=sa.text("1")),
    sa.Column("c", sa.Integer, server_default=sa.func.now()),
    sa.Column("c", sa.Integer, sa.Identity(start=3)),
    sa.Column("c", sa.Integer, sa.Computed("a + 1")),
    sa.Column("c", sa.Integer, sa.Computed("a + 2")),
    sa.Column("c", sa.Integer, sa.ForeignKey("o.id")),
    sa.Column("c", sa.Integer, sa.ForeignKey("o.id", ondelete="CASCADE")),
    sa.Column("c", sa.Integer, sa.CheckConstraint("c > 1")),
    sa.Column("c", sa.Integer, unique=True),
    sa.Column("c", sa.Integer, index=True),
    sa.Column("c", sa.Integer, comment="x"),
    sa.Column("c", sa.Integer, primary_key=True),
]


def test_whatever_reaches_the_database_is_in_the_fingerprint() -> None:
    texts = [fingerprint(ops.AddColumn("t", column)) for column in CHANGES]
    assert len(set(texts)) == len(texts)


def test_what_stays_in_python_is_not() -> None:
    plain = ops.AddColumn("t", sa.Column("c", sa.Integer))
    python = sa.Column("c", sa.Integer, default=5, onupdate=lambda: 7, doc="x", info={"a": 1})
    assert fingerprint(ops.AddColumn("t", python)) == fingerprint(plain)


def test_what_only_makes_it_reversible_is_not() -> None:
    bare = ops.DropColumn("t", "c")
    full = ops.DropColumn("t", "c", original=sa.Column("c", sa.Integer))
    assert fingerprint(bare) == fingerprint(full)
    assert fingerprint(ops.AlterColumn("t", "c", nullable=True)) == fingerprint(
        ops.AlterColumn("t", "c", nullable=True, existing_type=sa.Integer(), existing_comment="x")
    )


@dataclass(frozen=True)
class Grant(ops.CustomOperation):
    verb: ClassVar[str] = "grant"
    role: str


def test_data_and_custom_operations_count() -> None:
    table = sa.table("t", sa.column("a"))
    made = recorded(
        lambda op: op.execute("UPDATE t SET a = 1"),
        lambda op: op.execute("UPDATE t SET a = 2"),
        lambda op: op.execute(sa.text("UPDATE t SET a = :a").bindparams(a=1)),
        lambda op: op.execute(sa.text("UPDATE t SET a = :a").bindparams(a=2)),
        lambda op: op.execute(table.update().values(a=1)),
        lambda op: op.execute(table.update().values(a=2)),
        lambda op: op.bulk_insert(table, [{"a": 1}]),  # type: ignore[arg-type]
        lambda op: op.bulk_insert(table, [{"a": 2}]),  # type: ignore[arg-type]
        lambda op: op.invoke(Grant("x")),
        lambda op: op.invoke(Grant("y")),
    )
    texts = [fingerprint(operation) for operation in made]
    assert len(set(texts)) == len(texts)


def test_it_is_the_same_in_another_process() -> None:
    code = (
        "from tests.ops.test_fingerprint import create, fingerprint;"
        "print(fingerprint(create()), end='')"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert other == fingerprint(create())
    assert " at 0x" not in other


def test_a_primary_key_reads_as_the_operation_that_creates_it() -> None:
    """Inside a table its text is made without the operation."""
    id_, other = sa.Column("id", sa.Integer), sa.Column(sa.quoted_name("B", quote=True), sa.Integer)
    for name, schema in ((None, None), ("pk", None), (None, "s"), ("pk", "s")):
        key = sa.PrimaryKeyConstraint("id", "B", name=name)
        columns = [id_._copy(), other._copy()]
        table = sa.Table("t", sa.MetaData(), *columns, key, schema=schema)
        made = constructs.operation_of(key, table)
        assert made is not None
        assert fingerprint(made) in fingerprint(ops.CreateTable.from_table(table))
