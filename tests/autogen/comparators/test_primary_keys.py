"""A primary key is its columns in their order, its timing and its name."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.autogen.comparators.primary_keys import compare_primary_keys
from tests.autogen.contexts import context_of, metadata, told


def keyed(*columns: str, name: str | None = "pk", **options: Any) -> sa.MetaData:
    made = [sa.Column(c, sa.Integer, nullable=False) for c in "ab"]
    key = sa.PrimaryKeyConstraint(*columns, name=name, **options)
    return metadata(lambda m: sa.Table("t", m, *made, key))


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        (("b",), {}),
        (("b", "a"), {}),
        (("a", "b"), {"deferrable": True}),
        (("a", "b"), {"deferrable": True, "initially": "DEFERRED"}),
    ],
)
def test_one_that_differs_is_made_anew(columns: tuple[str, ...], options: dict[str, Any]) -> None:
    context = context_of(keyed("a", "b"), keyed(*columns, **options))
    drop, create = compare_primary_keys(context)
    assert told([drop, create]) == ["drop constraint pk on t", "create primary key pk on t"]
    assert (create.columns, create.deferrable, create.initially) == (  # type: ignore[attr-defined]  # a CreatePrimaryKey
        columns,
        options.get("deferrable"),
        options.get("initially"),
    )


def test_a_name_alone_is_changed_where_it_stands_or_is_none_at_all() -> None:
    before, after = keyed("a"), keyed("a", name="other")
    expected = ["rename constraint pk to other on t"]
    assert told(compare_primary_keys(context_of(before, after))) == expected
    assert told(compare_primary_keys(context_of(before, after, "mysql"))) == []


def test_one_without_a_name_takes_any() -> None:
    assert told(compare_primary_keys(context_of(keyed("a"), keyed("a", name=None)))) == []
