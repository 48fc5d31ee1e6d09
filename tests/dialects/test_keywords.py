"""A keyword that no database knows is an error; another database's keyword is none."""

from __future__ import annotations

import pytest

from embedmig import ops
from embedmig.dialects.keywords import check_keywords
from embedmig.errors import InvalidOperation


def test_a_typo_is_an_error_that_names_what_there_is() -> None:
    with pytest.raises(InvalidOperation, match=r"'mssql_drop_chek'.*mssql_drop_check"):
        check_keywords(ops.DropColumn("t", "a", options={"mssql_drop_chek": True}))


def test_the_keywords_of_every_database_are_accepted() -> None:
    check_keywords(ops.DropColumn("t", "a", options={"mssql_drop_default": True}))
    check_keywords(ops.AlterColumn("t", "a", options={"postgresql_using": "a::int"}))


def test_a_database_from_outside_may_have_its_own() -> None:
    op = ops.AlterColumn("t", "a", options={"duck_quack": 1})
    with pytest.raises(InvalidOperation):
        check_keywords(op)
    check_keywords(op, {"duck_quack"})


@pytest.mark.parametrize("key", ["postgres_where", "concurrently", "wher_postgresql"])
def test_a_keyword_of_no_database_at_all_is_an_error(key: str) -> None:
    """SQLAlchemy only warns of a dialect it does not know."""
    with pytest.raises(InvalidOperation, match=key):
        check_keywords(ops.CreateIndex("ix", "t", ("a",), options={key: True}))


def test_a_keyword_of_another_database_is_for_that_one() -> None:
    check_keywords(ops.CreateIndex("ix", "t", ("a",), options={"mysql_length": 5, "info": {}}))
