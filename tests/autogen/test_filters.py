"""`include_name` and `include_object`: what is refused is there on neither side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from embedmig.autogen.comparators.unique_constraints import compare_unique_constraints
from tests.autogen.contexts import context_of, metadata, table


def full(name: str = "t") -> sa.MetaData:
    return metadata(
        table(
            sa.Column("a", sa.Integer),
            sa.UniqueConstraint("a", name="uq"),
            sa.CheckConstraint("a > 1", name="ck"),
            sa.ForeignKeyConstraint(["a"], ["t.id"], name="fk"),
            ExcludeConstraint(("a", "="), name="ex"),
            sa.Index("ix", "a"),
            name=name,
        ),
        table(name="kept"),
    )


BY_KIND = {
    "unique_constraint": "uq",
    "check_constraint": "ck",
    "foreign_key_constraint": "fk",
    "exclude_constraint": "ex",
    "index": "ix",
    "column": "a",
    "table": "t",
}
EMPTY = metadata(table(name="kept"))


@pytest.mark.parametrize("kind", BY_KIND)
@pytest.mark.parametrize("hook", ["include_name", "include_object"])
@pytest.mark.parametrize("there", ["metadata", "database"])
def test_a_refused_one_is_not_seen_on_either_side(kind: str, hook: str, there: str) -> None:
    def include(*arguments: Any) -> bool:
        name, asked = arguments[:2] if hook == "include_name" else arguments[1:3]
        return (asked, name) != (kind, BY_KIND[kind])

    bare = metadata(table(name="t"), table(name="kept")) if kind != "table" else EMPTY
    before, after = (bare, full()) if there == "metadata" else (full(), bare)
    context = context_of(before, after, **{hook: include})
    pair = context.pairs.get((None, "t"))
    if kind == "table":
        assert pair is None
        return
    assert pair is not None
    left = [*pair.both[0].columns, *pair.both[1].columns]
    for attribute in ("uniques", "checks", "foreign_keys", "excludes", "indexes"):
        left += [item.name for state in pair.both for item in getattr(state, attribute)]
    expected = {*BY_KIND.values(), "id"} - {BY_KIND[kind], "t"}
    assert set(left) == expected


def test_what_stands_on_a_refused_column_can_still_be_dropped_and_made_again() -> None:
    context = context_of(
        full(),
        metadata(table(name="kept"), table()),
        include_name=lambda name, kind, parents: (kind, name) != ("column", "a"),
    )
    found = [op.reverse() for op in compare_unique_constraints(context)]
    assert [op.columns for op in found] == [("a",)]  # type: ignore[attr-defined]  # a CreateUniqueConstraint


def test_include_name_knows_the_table_and_the_schema() -> None:
    asked: dict[tuple[str, str | None], Mapping[str, str | None]] = {}

    def include(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
        asked[kind, name] = dict(parents)
        return True

    both = metadata(table(sa.Column("a", sa.Integer, index=True), schema="s"))
    context_of(both, both, include_name=include)
    assert asked["table", "t"] == {"schema_name": "s"}
    assert asked["index", "ix_s_t_a"] == {
        "schema_name": "s",
        "table_name": "t",
        "schema_qualified_table_name": "s.t",
    }


def test_include_object_gets_sqlalchemys_objects_and_their_twins() -> None:
    asked: dict[tuple[str, str | None], tuple[Any, bool, Any]] = {}

    def include(item: Any, name: str | None, kind: str, reflected: bool, twin: Any) -> bool:
        asked[kind, name] = (item, reflected, twin)
        return True

    gone = metadata(table(name="kept"), table(sa.Column("b", sa.Integer)))
    context_of(gone, full(), include_object=include)
    item, reflected, twin = asked["column", "a"]
    assert (item is not None, reflected, twin) == (True, False, None)
    item, reflected, twin = asked["column", "b"]
    assert (item.name, reflected, twin) == ("b", True, None)
    item, reflected, twin = asked["column", "id"]
    assert (reflected, twin.name) == (False, "id")
    assert isinstance(asked["index", "ix"][0], sa.Index)
