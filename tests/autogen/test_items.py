"""What is compared as a value: kept, renamed, or dropped and made again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig.autogen.items import compare_items, speaks_of
from embedmig.dialects.snapshot import CheckState, IndexState, KeyState
from tests.autogen.contexts import context_of, metadata, table, told


@pytest.mark.parametrize(
    ("item", "speaks"),
    [
        (KeyState("k", ("a", "b")), True),
        (KeyState("k", ("ab",)), False),
        (IndexState("ix", ("lower(a)",)), True),
        (IndexState("ix", ("lower(aa)",)), False),
        (CheckState("ck", "b > a + 1"), True),
        (CheckState("ck", "b > 1"), False),
    ],
)
def test_what_speaks_of_a_column(item: object, speaks: bool) -> None:
    assert speaks_of(item, {"a"}) is speaks


def checks(*names: str) -> sa.MetaData:
    texts = ("id > 1", "id > 2")
    made = [sa.CheckConstraint(text, name=n) for text, n in zip(texts, names, strict=True)]
    return metadata(table(*made))


def test_names_that_change_places_are_not_renamed_over_each_other() -> None:
    context = context_of(checks("one", "two"), checks("two", "one"))
    found = told(compare_items(context, "checks", "check"))
    assert [words.split()[0] for words in found] == ["drop", "drop", "create", "create"]


def test_what_stands_on_a_column_that_is_made_anew_is_made_anew() -> None:
    def indexed(text: str) -> sa.MetaData:
        column = sa.Column("g", sa.Integer, sa.Computed(text, persisted=True), index=True)
        return metadata(table(column, sa.Column("a", sa.Integer, index=True)))

    context = context_of(indexed("id + 1"), indexed("id + 2"))
    found = told(compare_items(context, "indexes", "index"))
    assert found == ["drop index ix_t_g", "create index ix_t_g on t"]


def test_what_is_in_the_way_goes_and_comes_though_it_is_the_same() -> None:
    context = context_of(checks("one", "two"), checks("one", "two"))
    found = compare_items(
        context, "checks", "check", in_the_way=lambda pair, item: item.name == "two"
    )
    assert told(found) == ["drop constraint two on t", "create check constraint two on t"]
