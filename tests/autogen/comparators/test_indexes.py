"""Every option of an index counts, and those that happen anyway need not be said."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.autogen.comparators.indexes import compare_indexes
from tests.autogen.contexts import context_of, metadata, table, told


def indexed(*elements: Any, name: str = "ix", **options: Any) -> sa.MetaData:
    columns = [sa.Column(n, sa.String(20)) for n in "ab"]
    return metadata(table(*columns, sa.Index(name, *(elements or ("a",)), **options)))


@pytest.mark.parametrize(
    "options",
    [
        {"unique": True},
        {"postgresql_using": "hash"},
        {"postgresql_where": sa.text("a > 'x'")},
        {"postgresql_include": ["b"]},
        {"postgresql_with": {"fillfactor": 50}},
        {"postgresql_nulls_not_distinct": True},
        {"postgresql_tablespace": "fast"},
        {"postgresql_ops": {"a": "text_pattern_ops"}},
    ],
)
def test_every_option_counts(options: dict[str, Any]) -> None:
    expected = ["drop index ix", "create index ix on t"]
    assert told(compare_indexes(context_of(indexed(), indexed(**options)))) == expected


def test_the_order_of_columns_counts() -> None:
    context = context_of(indexed("a", "b"), indexed("b", "a"))
    assert len(told(compare_indexes(context))) == 2


@pytest.mark.parametrize("using", ["btree", "BTREE"])
def test_the_usual_method_need_not_be_said(using: str) -> None:
    context = context_of(indexed(), indexed(postgresql_using=using))
    assert told(compare_indexes(context)) == []
    context = context_of(indexed(), indexed(mysql_using=using), "mysql")
    assert told(compare_indexes(context)) == []


def test_only_the_name_is_changed_where_the_database_can() -> None:
    context = context_of(indexed(name="old"), indexed(name="new"))
    assert told(compare_indexes(context)) == ["rename index old to new"]
