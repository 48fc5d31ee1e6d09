"""A way back that nobody wrote is what undoes the operations, and no more than that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.dialects import dialect_for
from embedmig.errors import Irreversible
from embedmig.ops import CreateTable, DropIndex, DropTable
from embedmig.replay import derive_way_back, without_doomed_indexes
from tests.databases import Database


def test_an_index_is_not_dropped_right_before_its_table() -> None:
    way = [DropIndex("ix", "t"), DropIndex("ix", "u"), DropTable("t")]
    kept = without_doomed_indexes(way)
    assert kept == way[1:]


def test_a_table_that_is_made_again_keeps_what_came_before() -> None:
    way = [DropIndex("ix", "t"), CreateTable("t", ()), DropTable("t")]
    assert without_doomed_indexes(way) == way


def test_a_table_with_an_index_that_its_foreign_key_needs_goes_back(db: Database) -> None:
    registry = Registry()

    @registry.revision("a", down_revision=None)
    def a(op: Operations) -> None:
        op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table(
            "child",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("parent_id", sa.Integer),
            sa.ForeignKeyConstraint(["parent_id"], ["parent.id"], name="fk_child_parent"),
        )
        op.create_index("ix_child_parent", "child", ["parent_id"])

    engine = db.engine()
    migrator = Migrator(engine, migrations=registry)
    migrator.upgrade()
    migrator.downgrade("base")
    assert not {"parent", "child"} & set(sa.inspect(engine).get_table_names())


GUARDED: dict[str, Callable[[Operations], object]] = {
    "table": lambda op: op.create_table("new", sa.Column("id", sa.Integer), if_not_exists=True),
    "column": lambda op: op.add_column("t", sa.Column("b", sa.Integer), if_not_exists=True),
    "index": lambda op: op.create_index("ix_t_a", "t", ["a"], if_not_exists=True),
    "schema": lambda op: op.create_schema("shop", if_not_exists=True),
    "sequence": lambda op: op.create_sequence("invoice", if_not_exists=True),
    "enum": lambda op: op.create_enum("mood", ["sad", "ok"], if_not_exists=True),
    "enum value": lambda op: op.add_enum_value("mood", "ok", if_not_exists=True),
}


def in_a_batch(op: Operations) -> None:
    with op.batch_alter_table("t") as batch:
        batch.create_index("ix_t_a", ["a"], if_not_exists=True)


@pytest.mark.parametrize("guarded", [*GUARDED.values(), in_a_batch], ids=[*GUARDED, "in a batch"])
def test_what_may_have_been_there_before_is_never_dropped_by_a_derived_way_back(
    guarded: Callable[[Operations], object],
) -> None:
    """IF NOT EXISTS may have found another's: dropping it would lose rows, or a counter."""
    registry = Registry()

    @registry.revision("g1", down_revision=None)
    def there(op: Operations) -> None:
        mood = sa.Enum("sad", name="mood")
        op.create_table("t", sa.Column("a", sa.Integer), sa.Column("mood", mood))

    @registry.revision("g2", down_revision="g1")
    def guard(op: Operations) -> None:
        guarded(op)

    dialect = dialect_for(sa.create_engine("sqlite://").dialect)

    with pytest.raises(Irreversible, match="if_not_exists"):
        derive_way_back(registry.graph, registry.graph["g2"], dialect)
