"""What is sent past SQLAlchemy's execution is answered, heard and refused as what goes through."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from embedmig import _sa
from tests.databases import Database


def watch(engine: sa.Engine) -> list[str]:
    seen: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    return seen


@pytest.fixture(params=["alone", "watched"])
def connect(request: pytest.FixtureRequest, db: Database) -> Callable[[], sa.Connection]:
    """A way to connections whose statements somebody hears, or nobody."""
    engine = db.engine()
    if request.param == "watched":
        watch(engine)
    return engine.connect


def test_it_answers_with_rows_and_counts(connect: Callable[[], sa.Connection]) -> None:
    with connect() as connection:
        assert _sa.send(connection, "CREATE TABLE t (a INTEGER)").rows == ()
        assert _sa.send(connection, "INSERT INTO t VALUES (1), (2)").rowcount == 2
        assert _sa.send(connection, "SELECT max(a), '100%' FROM t").rows[0] == (2, "100%")
        assert _sa.send(connection, "SELECT a FROM t WHERE a > 5").scalar() is None


def test_parameters_are_bound_by_the_driver(connect: Callable[[], sa.Connection]) -> None:
    statement = sa.select(sa.bindparam("a", type_=sa.String) + sa.bindparam("b", type_=sa.String))
    with connect() as connection:
        prepared = _sa.Prepared(statement, connection.dialect)
        assert prepared.send(connection, {"a": "it's ", "b": "100%"}).scalar() == "it's 100%"


def test_errors_are_sqlalchemys(connect: Callable[[], sa.Connection]) -> None:
    with connect() as connection, pytest.raises(DBAPIError) as caught:
        _sa.send(connection, "SELECT nothing FROM nowhere")
    assert caught.value.statement == "SELECT nothing FROM nowhere"
    assert not caught.value.connection_invalidated


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_connection_that_the_server_ended_is_found_out(
    connect: Callable[[], sa.Connection], db: Database
) -> None:
    me, kill = (
        ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})")
        if db.name == "postgresql"
        else ("SELECT CONNECTION_ID()", "KILL {}")
    )
    with connect() as connection:
        backend = _sa.send(connection, me).scalar()
        with db.engine().connect() as other:
            other.exec_driver_sql(kill.format(backend))
        with pytest.raises(DBAPIError) as caught:
            _sa.send(connection, me)
        assert caught.value.connection_invalidated
        assert connection.invalidated


def test_it_takes_part_in_the_connections_transaction(
    connect: Callable[[], sa.Connection],
) -> None:
    with connect() as connection:
        _sa.send(connection, "SELECT 1")
        assert connection.in_transaction()
        connection.rollback()
        assert not connection.in_transaction()


def test_who_listens_hears_it(db: Database) -> None:
    engine = db.engine()
    seen = watch(engine)
    with engine.connect() as connection:
        _sa.send(connection, "SELECT 1")
    assert "SELECT 1" in seen


def test_who_echoes_sees_it(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqlalchemy.engine"), db.engine().connect() as connection:
        _sa.send(connection, "SELECT 1")
    assert "SELECT 1" in caplog.messages
