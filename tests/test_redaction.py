"""An error says what went wrong, and never with which values."""

from __future__ import annotations

import traceback

import pytest
import sqlalchemy as sa

from embedmig.dialects.mysql_session import MySQLSession
from embedmig.dialects.postgresql_session import PostgreSQLSession
from embedmig.dialects.session import Session
from embedmig.dialects.sqlite.session import SQLiteSession
from embedmig.redaction import WithheldError, describe_error, discreet

SECRET = "a-secret"


class DriverError(Exception):
    sqlstate = "23505"


def failed(kind: type[sa.exc.DBAPIError] = sa.exc.IntegrityError) -> sa.exc.DBAPIError:
    driver = DriverError(f"duplicate key\nDETAIL: Key (name)=({SECRET})")
    try:
        try:
            raise driver
        except DriverError as error:
            raise kind("INSERT INTO t VALUES (?)", {"name": SECRET}, error) from error
    except sa.exc.DBAPIError as error:
        return error


def told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_the_same_class_without_the_values() -> None:
    before = failed()
    after = discreet(before, Session())
    assert SECRET in told(before)
    assert type(after) is type(before)
    assert SECRET not in told(after)
    assert "23505" in str(after)
    assert "INSERT INTO t" in str(after)
    assert isinstance(after, sa.exc.IntegrityError)
    assert isinstance(after.orig, WithheldError)
    assert after.__traceback__ is before.__traceback__, "where it happened stays"


def test_a_broken_connection_stays_a_broken_connection() -> None:
    before = failed(sa.exc.OperationalError)
    before.connection_invalidated = True
    after = discreet(before, Session())
    assert isinstance(after, sa.exc.OperationalError)
    assert after.connection_invalidated


def test_a_value_that_its_type_does_not_take() -> None:
    error = sa.exc.StatementError(
        f"(builtins.LookupError) {SECRET!r} is not a member",
        "INSERT …",
        {"x": SECRET},
        LookupError(SECRET),
    )
    after = discreet(error, Session())
    assert type(after) is sa.exc.StatementError
    assert SECRET not in told(after)
    assert "LookupError" in str(after)


def test_errors_further_down_the_chain() -> None:
    error = RuntimeError("no")
    error.__cause__ = failed()
    assert SECRET in told(error)
    assert discreet(error, Session()) is error
    assert "RuntimeError: no" in told(error)
    assert SECRET not in told(error)


def test_an_error_of_the_applications_own_is_left_alone() -> None:
    error = ValueError("theirs")
    assert discreet(error, Session()) is error
    assert describe_error(error) == "ValueError: theirs"
    assert describe_error(ValueError()) == "ValueError"


@pytest.mark.parametrize(
    ("session", "state", "kind", "withheld"),
    [
        (PostgreSQLSession(), "23505", sa.exc.IntegrityError, True),
        (PostgreSQLSession(), "22P02", sa.exc.DataError, True),
        (PostgreSQLSession(), "P0001", sa.exc.InternalError, True),
        (PostgreSQLSession(), "42P01", sa.exc.ProgrammingError, False),
        (PostgreSQLSession(), "25001", sa.exc.InternalError, False),
        (PostgreSQLSession(), "55P03", sa.exc.OperationalError, False),
        (MySQLSession(), 1062, sa.exc.IntegrityError, True),
        (MySQLSession(), 1292, sa.exc.OperationalError, True),
        (MySQLSession(), 1054, sa.exc.OperationalError, False),
        (MySQLSession(), 1146, sa.exc.ProgrammingError, False),
        (MySQLSession(), 1205, sa.exc.OperationalError, False),
        (SQLiteSession(), None, sa.exc.IntegrityError, False),
    ],
)
def test_what_each_database_may_quote(
    session: Session, state: str | int | None, kind: type[sa.exc.DBAPIError], withheld: bool
) -> None:
    """What names only tables and columns is told in the server's words."""
    driver = Exception(state, "words") if isinstance(state, int) else Exception("words")
    driver.sqlstate = state  # type: ignore[attr-defined]  # as drivers have it
    after = discreet(kind("INSERT", {"x": SECRET}, driver), session)
    assert ("words" not in describe_error(after)) is withheld
    assert SECRET not in str(after)
