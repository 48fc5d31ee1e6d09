"""A default is what the database prints; what it was stays known for the way back."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.defaults import compare_defaults
from embedmig.options import ColumnComparison
from tests.autogen.contexts import context_of, metadata, table


def with_default(default: object, type_: object = sa.Integer) -> sa.MetaData:
    return metadata(table(sa.Column("a", type_, server_default=default)))  # type: ignore[call-overload]  # any default


def test_a_change_knows_both() -> None:
    (op,) = compare_defaults(context_of(with_default("1"), with_default(sa.text("2"))))
    assert (str(op.existing_server_default), str(op.server_default)) == ("1", "2")


def test_a_string_and_the_number_in_it_are_the_same_for_a_number() -> None:
    assert list(compare_defaults(context_of(with_default("1"), with_default(sa.text("1"))))) == []


def test_one_that_is_taken_away_becomes_none() -> None:
    (op,) = compare_defaults(context_of(with_default("1"), with_default(None)))
    assert op.server_default is None


def test_a_colon_in_a_default_is_no_parameter() -> None:
    (op,) = compare_defaults(context_of(with_default(None), with_default(sa.text("'a'::text"))))
    assert str(op.server_default.compile()) == "'a'::text"


def test_the_users_function_sees_both_and_decides() -> None:
    seen: list[ColumnComparison] = []

    def same(comparison: ColumnComparison) -> bool:
        seen.append(comparison)
        return False

    before, after = with_default("1"), with_default("2")
    context = context_of(before, after, compare_server_default=same)
    assert list(compare_defaults(context)) == []
    asked = next(each for each in seen if each.column_name == "a")
    assert (asked.existing_text, asked.wanted_text) == ("1", "2")
    assert list(compare_defaults(context_of(before, after, compare_server_default=False))) == []


def test_one_that_is_only_known_to_exist_can_be_taken_away() -> None:
    (op,) = compare_defaults(context_of(with_default(sa.FetchedValue()), with_default(None)))
    assert isinstance(op.existing_server_default, sa.FetchedValue)


def test_an_identity_is_no_default_where_there_are_none() -> None:
    numbered = metadata(table(sa.Column("a", sa.Integer, sa.Identity())))
    plain = metadata(table(sa.Column("a", sa.Integer, nullable=False)))
    for dialect in ("sqlite", "mysql"):
        assert list(compare_defaults(context_of(numbered, plain, dialect))) == []
