"""A CHECK is what it says; its name counts as well."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.checks import compare_checks
from tests.autogen.contexts import context_of, metadata, table, told


def checked(text: str, name: str | None = "ck") -> sa.MetaData:
    return metadata(table(sa.CheckConstraint(text, name=name)))


def test_another_text_is_another_check() -> None:
    context = context_of(checked("id > 1"), checked("id > 2"))
    expected = ["drop constraint ck on t", "create check constraint ck on t"]
    assert told(compare_checks(context)) == expected


def test_parentheses_around_the_whole_say_nothing() -> None:
    assert told(compare_checks(context_of(checked("id > 1"), checked("((id > 1))")))) == []


def test_an_unnamed_one_takes_the_name_of_its_twin() -> None:
    assert told(compare_checks(context_of(checked("id > 1"), checked("id > 1", None)))) == []


def test_only_the_name_is_changed_where_the_database_can() -> None:
    before, after = checked("id > 1", "old"), checked("id > 1", "new")
    assert told(compare_checks(context_of(before, after))) == ["rename constraint old to new on t"]
    assert len(told(compare_checks(context_of(before, after, "sqlite")))) == 2
