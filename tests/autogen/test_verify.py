"""Generated source that does anything else than what it was made from is never handed out."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from embedmig import ops
from embedmig.autogen.context import Context
from embedmig.autogen.verify import verify
from embedmig.errors import CannotRender

MODULE = """
import sqlalchemy as sa

@registry.revision("a", down_revision=None)
def up(op):
    {up}

@up.downgrade
def down(op):
    {down}
"""
ADD = ops.AddColumn("t", sa.Column("a", sa.String(20), nullable=False))
SAID = 'op.add_column("t", sa.Column("a", sa.String(20), nullable=False))'


def check(up: str, *upgrade: ops.Operation, down: str = "pass") -> None:
    source = MODULE.format(up=up, down=down)
    context = Context(postgresql.dialect())
    verify(source, "registry", context, upgrade=upgrade, downgrade=None)


def test_what_makes_the_same_passes() -> None:
    check(SAID, ADD)


@pytest.mark.parametrize(
    ("up", "missing"),
    [
        (SAID.replace("20", "30"), r"VARCHAR\(20\).*would become.*VARCHAR\(30\)"),
        (SAID.replace(", nullable=False", ""), "NOT NULL"),
        (SAID.replace("sa.String(20)", "sa.Text()"), "TEXT"),
    ],
)
def test_another_column_does_not(up: str, missing: str) -> None:
    with pytest.raises(CannotRender, match=missing):
        check(up, ADD)


def test_another_table_does_not() -> None:
    columns = [sa.Column("a", sa.Integer), sa.Column("b", sa.Integer)]
    create = ops.CreateTable("t", (*columns, sa.UniqueConstraint("a", name="uq")))
    said = 'op.create_table("t", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer){})'
    check(said.format(', sa.UniqueConstraint("a", name="uq")'), create)
    with pytest.raises(CannotRender, match=r"CONSTRAINT uq UNIQUE \(a\)"):
        check(said.format(""), create)


def test_changes_inside_a_batch_are_looked_at() -> None:
    batch = ops.BatchAlterTable("t", (ADD,))
    block = 'with op.batch_alter_table("t") as b:\n        b.add_column(sa.Column("a", sa.{}))'
    check(block.format("String(20), nullable=False"), batch)
    with pytest.raises(CannotRender, match="would become"):
        check(block.format("String(21), nullable=False"), batch)


@pytest.mark.parametrize("place", ["up", "down"])
def test_a_name_that_is_not_imported_is_found_in_both_directions(place: str) -> None:
    bodies = {"up": SAID, "down": "pass"} | {place: 'op.drop_table(dt.date("t"))'}
    with pytest.raises(CannotRender, match=r"an import is missing.*dt"):
        check(bodies["up"], ADD, down=bodies["down"])


def test_a_module_that_cannot_be_imported_is_found() -> None:
    with pytest.raises(CannotRender, match=r"does not run.*no_such_module"):
        verify("import no_such_module", "registry", Context(), upgrade=(), downgrade=None)


def test_a_way_back_that_refuses_or_needs_a_database_is_left_alone() -> None:
    check(SAID, ADD, down="op.connection.execute('x')")


def test_a_table_that_the_database_cannot_spell_is_not_held_against_anything() -> None:
    unknown = ops.AddColumn("t", sa.Column("a", sa.types.NullType()))
    source = MODULE.format(up='op.add_column("t", sa.Column("a", sa.Integer()))', down="pass")
    verify(source, "registry", Context(mysql.dialect()), upgrade=[unknown], downgrade=None)
