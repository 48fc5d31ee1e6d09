"""What is unnamed is paired by what it is, and what holds on to something is known."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.pairing import is_other, serves
from embedmig.dialects.describe import is_unnamed
from embedmig.dialects.snapshot import IndexState, KeyState
from tests.autogen.contexts import context_of, metadata, table


def uniques(*names: str | None, columns: str = "ab") -> sa.MetaData:
    made = [sa.Column(n, sa.Integer) for n in "ab"]
    keys = [sa.UniqueConstraint(c, name=n) for c, n in zip(columns, names, strict=True)]
    return metadata(table(*made, *keys))


def names(context: object) -> list[str | None]:
    (pair,) = context.pairs.values()  # type: ignore[attr-defined]  # a Context
    return [key.name for key in pair.wanted.uniques]


def test_each_unnamed_constraint_takes_the_name_of_one_twin() -> None:
    assert names(context_of(uniques("one", "two"), uniques(None, None))) == ["one", "two"]
    again = context_of(uniques("one", "two", columns="aa"), uniques(None, None, columns="aa"))
    assert names(again) == ["one", "two"]


def test_a_name_that_the_metadata_gives_to_another_is_not_taken() -> None:
    context = context_of(uniques("one", "two"), uniques(None, "one"))
    assert is_unnamed(names(context)[0])


def test_the_items_behind_the_pictures_are_known_under_the_adopted_names() -> None:
    context = context_of(uniques("one", "two"), uniques(None, None))
    (pair,) = context.pairs.values()
    assert pair.wanted is not None
    items = [pair.sources["unique", key] for key in pair.wanted.uniques]
    assert [[c.name for c in item.columns] for item in items] == [["a"], ["b"]]


def test_the_order_of_things_in_a_table_is_no_difference() -> None:
    one, two = KeyState("one", ("a",)), KeyState("two", ("b",))
    assert not is_other((one, two), (two, one))
    assert is_other((one,), (one, two))


def test_an_index_serves_what_it_begins_with() -> None:
    index = IndexState("ix", ("a", "b"))
    assert serves(index, ("a",))
    assert serves(KeyState(None, ("a", "b")), ("a", "b"))
    assert not serves(index, ("b",))


def referring(key: list[str], target: str) -> sa.MetaData:
    def parent(made: sa.MetaData) -> None:
        columns = [sa.Column(n, sa.Integer, nullable=False) for n in "xy"]
        unique = sa.UniqueConstraint("y", name="uq")
        sa.Table("parent", made, *columns, sa.PrimaryKeyConstraint(*key, name="pk"), unique)

    return metadata(parent, table(sa.Column("p", sa.ForeignKey(f"parent.{target}", name="fk"))))


def test_a_foreign_key_is_held_by_the_key_that_it_points_to_alone() -> None:
    for target, held in (("x", True), ("y", False)):
        context = context_of(referring(["x"], target), referring(["x", "y"], target))
        pair = context.pairs[None, "t"]
        assert pair.current is not None
        assert context.is_held(pair, pair.current.foreign_keys[0]) is held


def test_an_enum_is_left_behind_when_its_last_column_goes() -> None:
    from embedmig.dialects.snapshot import EnumState

    column = sa.Column("e", sa.ARRAY(sa.Enum("a", name="e")))
    enums = [((None, "e"), ("a",)), ((None, "nobodys"), ("a",))]
    context = context_of(metadata(table(column)), metadata(table()), enums=enums)
    assert context.current.enums[None, "e"] == EnumState((None, "e"), ("a",))
    assert context.enums_left_behind == {(None, "e")}
