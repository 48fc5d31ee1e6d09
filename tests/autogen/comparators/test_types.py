"""A type is what the database prints of it, its arguments and its collation."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.autogen.comparators.types import compare_types
from embedmig.options import ColumnComparison
from tests.autogen.contexts import context_of, metadata, table


def typed(type_: Any) -> sa.MetaData:
    return metadata(table(sa.Column("a", type_)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sa.String(10), sa.String(20)),
        (sa.Numeric(10, 2), sa.Numeric(10, 3)),
        (sa.DateTime(), sa.DateTime(timezone=True)),
        (sa.String(10), sa.String(10, collation="C")),
        (sa.ARRAY(sa.Integer), sa.ARRAY(sa.BigInteger)),
    ],
)
def test_arguments_count(before: Any, after: Any) -> None:
    (op,) = compare_types(context_of(typed(before), typed(after)))
    assert (op.existing_type.compile(), op.type_.compile()) == (before.compile(), after.compile())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sa.Integer(), sa.INT()),
        (sa.String(10), sa.VARCHAR(10)),
        (sa.Numeric(10), sa.Numeric(10, 0)),
    ],
)
def test_two_names_of_one_type_are_no_difference_for_mysql(before: Any, after: Any) -> None:
    assert list(compare_types(context_of(typed(before), typed(after), "mysql"))) == []


def test_the_check_of_a_type_is_an_operation_of_its_own() -> None:
    flagged = sa.Boolean(create_constraint=True, name="ck")
    (op,) = compare_types(context_of(typed(sa.Integer), typed(flagged)))
    assert not op.type_.create_constraint


def test_the_users_function_decides_first() -> None:
    before, after = typed(sa.String(10)), typed(sa.String(20))
    seen: list[ColumnComparison] = []
    same = context_of(before, after, compare_type=lambda c: seen.append(c) or False)
    assert list(compare_types(same)) == []
    asked = next(each for each in seen if each.column_name == "a")
    assert (asked.existing_text, asked.wanted_text) == (
        "character varying(10)",
        "character varying(20)",
    )
    forced = context_of(before, before, compare_type=lambda c: c.column_name == "a" or None)
    assert [op.column_name for op in compare_types(forced)] == ["a"]
