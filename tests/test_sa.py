"""The door to SQLAlchemy: what is sent past its execution is answered, heard and refused as ever.

And what is copied is as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

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


def a_table() -> sa.Table:
    """A table whose constraints lie in memory, and so in a set, in another order every time."""
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("u", sa.Integer, sa.CheckConstraint("u > 1"), unique=True),
        sa.Column("f", sa.ForeignKey("parent.id"), unique=True),
        sa.Column("b", sa.Boolean(create_constraint=True, name="ck_b")),
        sa.UniqueConstraint("u", "f"),
        sa.CheckConstraint("u > 2"),
        sa.CheckConstraint("u > 3", name="ck_u"),
        sa.ForeignKeyConstraint(["u"], ["parent.id"]),
    )


def test_a_copy_of_a_table_has_its_constraints_in_their_order() -> None:
    kept = []  # so that no place in memory is used twice
    for _ in range(50):
        table = a_table()
        copy = _sa.copy_table(table)
        kept += [table, copy, object()]
        written = {str(CreateTable(each)) for each in (table, copy, _sa.copy_table(copy))}
        assert len(written) == 1, written
