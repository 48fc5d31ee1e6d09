"""Schema items become operations with final names, every option, and a way back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from embedmig import ops
from embedmig.autogen.operations import create, drop, name_for
from embedmig.autogen.pairing import ITEMS, Context
from tests.autogen.contexts import context_of, metadata, table


def with_everything(options: bool = True) -> sa.MetaData:
    items = [
        sa.Column("a", sa.String(20)),
        sa.Column("p", sa.Integer),
        sa.UniqueConstraint("a", name="uq", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("a <> 'x:y'", name="ck"),
        sa.ForeignKeyConstraint(["p"], ["t.id"], name="fk", ondelete="CASCADE", match="FULL"),
        ExcludeConstraint(("p", "="), name="ex", where=sa.text("p > 3")),
        sa.Index("ix", sa.text("lower(a)"), postgresql_where=sa.text("a > 'x:y'")),
    ]
    return metadata(table(*(items if options else items[:2])))


def created(context: Context) -> dict[str, ops.Operation]:
    (pair,) = context.pairs.values()
    assert pair.wanted is not None
    return {
        item.name: create(context, pair, pair.sources[kind, item], item.name)
        for attribute, kind in ITEMS
        for item in getattr(pair.wanted, attribute)
    }


def test_every_option_is_carried() -> None:
    made = created(context_of(with_everything(False), with_everything()))
    unique, key = made["uq"], made["fk"]
    assert isinstance(unique, ops.CreateUniqueConstraint)
    assert (unique.columns, unique.deferrable, unique.initially) == (("a",), True, "DEFERRED")
    assert isinstance(key, ops.CreateForeignKey)
    assert (key.referent_table, key.ondelete, key.match) == ("t", "CASCADE", "FULL")
    exclude, check = made["ex"], made["ck"]
    assert isinstance(exclude, ops.CreateExcludeConstraint)
    assert [(str(what), op) for what, op in exclude.elements] == [("p", "=")]
    assert isinstance(check, ops.CreateCheckConstraint)
    assert str(check.condition) == "a <> 'x:y'"
    index = made["ix"]
    assert isinstance(index, ops.CreateIndex)
    assert str(index.options["postgresql_where"]) == "a > 'x:y'"


def test_what_is_dropped_can_be_made_again() -> None:
    context = context_of(with_everything(), with_everything(False))
    (pair,) = context.pairs.values()
    assert pair.current is not None
    for attribute, kind in ITEMS:
        for item in getattr(pair.current, attribute):
            dropped = drop(context, pair, kind, item)
            assert dropped.verb in ("drop_constraint", "drop_index")
            again = dropped.reverse()
            assert (again.constraint_name if kind != "index" else again.index_name) == item.name


def test_a_name_is_final_and_a_stand_in_is_none() -> None:
    assert isinstance(name_for("ck"), sa.sql.elements.conv)
    assert name_for("embedmig_unnamed_1") is None
    assert name_for(None) is None


def test_a_check_without_a_name_gets_the_one_that_the_database_would_give() -> None:
    after = metadata(table(sa.CheckConstraint("id > 1"), sa.CheckConstraint("id > 2")))
    context = context_of(metadata(table()), after)
    context.names_given.clear()  # what the comparators have given already
    made = created(context)
    names = [op.constraint_name for op in made.values()]  # type: ignore[attr-defined]  # constraints
    assert names == ["t_id_check", "t_id_check1"]
