"""A Diff is false where nothing is to be done, and says the rest all the same."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig import ops
from embedmig.autogen.diff import Diff, RenameHint, Uncompared, Unmanaged


def test_only_operations_make_a_difference() -> None:
    assert not Diff()
    assert not Diff(uncompared=(Uncompared("table", "t", "why"),))
    assert Diff((ops.DropTable("t"),))


def test_it_reads_a_fact_a_line() -> None:
    drop, add = ops.DropColumn("t", "a"), ops.AddColumn("t", sa.Column("b"))
    found = Diff(
        (add, drop),
        (Uncompared("index", "ix", "no rights"),),
        (Unmanaged("table", "u", "a partition"),),
        (RenameHint(drop, add, ops.RenameColumn("t", "a", "b")),),
    )
    assert str(found).splitlines() == [
        "add column t.b",
        "drop column t.a",
        "perhaps meant: rename column t.a to b",
        "not compared: index ix: no rights",
        "left alone: table u: a partition",
    ]
    assert str(Diff()) == "no difference"
