"""After an upgrade: no old connection, no setting, nothing that a forked process would share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import AsyncMigrator, Migrator, Operations, Registry
from tests.boot import CONTEXT
from tests.databases import Database

OWN_ID = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}


def changing() -> Registry:
    """A table, a change of a column's type, and one more column."""
    registry = Registry()

    @registry.revision("p1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("INSERT INTO t (id) VALUES (1)")

    @registry.revision("p2", down_revision="p1")
    def second(op: Operations) -> None:
        op.alter_column("t", "id", type_=sa.BigInteger())
        op.add_column("t", sa.Column("more", sa.Integer))

    return registry


@pytest.mark.only_on("postgresql", "mariadb")
def test_no_connection_opened_before_a_change_is_handed_out_again(db: Database) -> None:
    """Neither those that lay in the pool nor one that was in use meanwhile."""
    engine = db.engine(pool_size=5)
    own_id = OWN_ID[db.name]
    Migrator(engine, None, changing()).upgrade("p1")
    used, idle = engine.connect(), [engine.connect() for _ in range(3)]
    before = {c.exec_driver_sql(own_id).scalar() for c in [used, *idle]}
    for connection in [used, *idle]:
        connection.commit()
    for connection in idle:
        connection.close()

    Migrator(engine, None, changing()).upgrade()

    assert used.exec_driver_sql("SELECT 1").scalar() == 1, "what is in use goes on"
    used.close()
    after = [engine.connect() for _ in range(5)]
    assert not before & {c.exec_driver_sql(own_id).scalar() for c in after}
    for connection in after:
        connection.close()


@pytest.mark.only_on("postgresql", "mariadb")
def test_where_nothing_changed_the_pool_is_left_alone(db: Database) -> None:
    engine = db.engine()
    Migrator(engine, None, changing()).upgrade()
    with engine.connect() as connection:
        before = connection.exec_driver_sql(OWN_ID[db.name]).scalar()

    Migrator(engine, None, changing()).upgrade()

    with engine.connect() as connection:
        assert connection.exec_driver_sql(OWN_ID[db.name]).scalar() == before


@pytest.mark.parametrize("applied", [False, True])
def test_nothing_of_ours_is_left_in_a_pool_that_was_empty(db: Database, applied: bool) -> None:
    """With and without something to do: no connection is open that a fork would share."""
    if applied:
        Migrator(db.engine(), None, changing()).upgrade()
    engine, opened = db.engine(), set()
    sa.event.listen(engine, "connect", lambda driver, _: opened.add(id(driver)))
    for name in ("close", "close_detached"):
        sa.event.listen(engine, name, lambda driver, *_: opened.discard(id(driver)))
    sa.event.listen(engine, "invalidate", lambda driver, *_: opened.discard(id(driver)))

    migrator = Migrator(engine, None, changing())
    migrator.upgrade()
    migrator.verify()
    migrator.status()

    assert opened == set()


def test_a_database_in_memory_is_kept() -> None:
    """It lives in its connection, whatever the pool."""
    for options in ({}, {"poolclass": sa.StaticPool}, {"poolclass": sa.QueuePool}):
        engine = sa.create_engine("sqlite://", **options)
        Migrator(engine, None, changing()).upgrade()
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT id FROM t").scalar() == 1
        engine.dispose()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_prepared_statements_of_before_are_not_run_after(postgresql: Database, driver: str) -> None:
    """A plan that the server keeps for `SELECT *` would fail: its columns have changed."""
    url = postgresql.with_driver(driver)
    query = sa.text("SELECT * FROM t")
    Migrator(postgresql.engine(), None, changing()).upgrade("p1")
    if driver == "asyncpg":
        asyncio.run(_with_asyncpg(url, query))
        return
    engine = sa.create_engine(url)
    connections = [engine.connect() for _ in range(3)]
    for connection in connections:
        for _ in range(8):  # psycopg prepares what it has sent five times
            connection.execute(query).all()
    for connection in connections:
        connection.close()
    Migrator(engine, None, changing()).upgrade()
    for connection in [engine.connect() for _ in range(3)]:
        assert connection.execute(query).one() == (1, None)
        connection.close()
    engine.dispose()


async def _with_asyncpg(url: sa.URL, query: sa.TextClause) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url)
    connections = [await engine.connect() for _ in range(3)]
    for connection in connections:
        (await connection.execute(query)).all()
    for connection in connections:
        await connection.close()
    await AsyncMigrator(engine, None, changing()).upgrade()
    connections = [await engine.connect() for _ in range(3)]
    for connection in connections:
        assert (await connection.execute(query)).one() == (1, None)
        await connection.close()
    await engine.dispose()


def _preload_and_fork(url: str, answers: Any) -> None:
    """What `gunicorn --preload` does: the application boots once, then the workers are forked."""
    engine = sa.create_engine(url)
    Migrator(engine, None, changing()).upgrade()
    readers, workers = [], []
    for _ in range(2):
        reader, writer = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.write(writer, _query_often(engine).encode())
            os._exit(0)
        os.close(writer)
        readers.append(reader)
        workers.append(worker)
    found = [_query_often(engine)]
    for reader, worker in zip(readers, workers, strict=True):
        os.waitpid(worker, 0)
        found.append(os.read(reader, 1000).decode())
    answers.put(found)


def _query_often(engine: sa.Engine) -> str:
    try:
        for number in range(200):
            with engine.connect() as connection:
                statement = sa.text("SELECT :n + 0 FROM t").bindparams(n=number)
                if connection.execute(statement).scalar() != number:
                    return "another process's answer"
    except Exception as error:  # told to the parent
        return repr(error)
    return "good"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("applied", [False, True])
def test_workers_that_are_forked_after_upgrade_share_nothing(db: Database, applied: bool) -> None:
    """Parent and children query at the same time, through the same engine."""
    if applied:
        Migrator(db.engine(), None, changing()).upgrade()
    answers = CONTEXT.Queue()
    process = CONTEXT.Process(target=_preload_and_fork, args=(db.dsn, answers))
    process.start()
    found = answers.get(timeout=60)
    process.join(30)
    assert found == ["good"] * 3


SETTINGS: dict[str, Callable[[sa.Connection], Any]] = {
    "postgresql": lambda c: c.exec_driver_sql(
        "SELECT name, setting FROM pg_settings WHERE source = 'session'"
    ).all(),
    "mariadb": lambda c: c.exec_driver_sql(
        "SELECT variable_name, variable_value FROM information_schema.session_variables"
        " WHERE variable_name IN ('wait_timeout', 'net_read_timeout', 'lock_wait_timeout',"
        " 'autocommit', 'sql_mode', 'foreign_key_checks') ORDER BY 1"
    ).all(),
    "sqlite": lambda c: [
        c.exec_driver_sql(f"PRAGMA {name}").scalar()
        for name in ("foreign_keys", "busy_timeout", "legacy_alter_table", "writable_schema")
    ],
}


def test_no_setting_of_ours_stays(db: Database) -> None:
    """Every connection of the pool, old and new, has the settings that it had."""
    engine = db.engine(pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        before = SETTINGS[db.name](connection)

    Migrator(engine, None, changing()).upgrade()

    with engine.connect() as connection:
        assert SETTINGS[db.name](connection) == before
