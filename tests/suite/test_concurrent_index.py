"""CREATE INDEX CONCURRENTLY waits for every snapshot in the database; nobody who waits has one."""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedmig import AsyncMigrator, Migrator, Operations, Registry
from tests.boot import CONTEXT, Booted
from tests.databases import Database, wait_until

WAITERS = 10
ROWS = 200_000


def indexed() -> Registry:
    """A table with many rows, and an index built without a lock on it."""
    registry = Registry()

    @registry.revision("rows", down_revision=None)
    def rows(op: Operations) -> None:
        op.create_table(
            "big", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer)
        )
        op.execute(f"INSERT INTO big SELECT i, i % 1000 FROM generate_series(1, {ROWS}) AS i")

    @registry.revision("index", down_revision="rows", transactional=False)
    def index(op: Operations) -> None:
        op.create_index("ix_big_n", "big", ["n"], postgresql_concurrently=True)

    @registry.revision("after", down_revision="index")
    def after(op: Operations) -> None:
        op.create_table("after", sa.Column("id", sa.Integer, primary_key=True))

    return registry


def _boot(url: str, start: Any, answers: Any) -> None:
    start.wait()
    try:
        report = asyncio.run(_upgrade_async(url)) if "asyncpg" in url else _upgrade(url)
    except Exception:
        answers.put(Booted(os.getpid(), traceback.format_exc()))
    else:
        steps = tuple(step.revision for step in report.steps)
        answers.put(Booted(os.getpid(), None, steps, report.waited, report.waited_for))


def _upgrade(url: str) -> Any:
    return Migrator(sa.create_engine(url, poolclass=NullPool), None, indexed()).upgrade()


async def _upgrade_async(url: str) -> Any:
    from sqlalchemy.ext.asyncio import create_async_engine

    return await AsyncMigrator(
        create_async_engine(url, poolclass=NullPool), None, indexed()
    ).upgrade()


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_an_index_is_built_concurrently_while_ten_processes_wait(
    postgresql: Database, driver: str
) -> None:
    """It completes and is valid; no waiter keeps a snapshot."""
    url = postgresql.with_driver(driver).render_as_string(hide_password=False)
    watcher = postgresql.engine(isolation_level="AUTOCOMMIT").connect()
    reader = postgresql.engine(isolation_level="REPEATABLE READ").connect()
    reader.execute(sa.text("SELECT 1"))  # an old snapshot: the index waits for it, the others too
    start, answers = CONTEXT.Barrier(WAITERS + 1), CONTEXT.Queue()
    processes = [
        CONTEXT.Process(target=_boot, args=(url, start, answers)) for _ in range(WAITERS + 1)
    ]
    for process in processes:
        process.start()

    building = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND state = 'active'"
    )
    wait_until(lambda: bool(watcher.execute(building).scalar()), seconds=60, what="the index")
    snapshots = kept_snapshots(watcher, seconds=1.5)
    reader.close()
    booted = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(30)

    assert [b.error for b in booted if b.error] == []
    assert sorted(s for b in booted for s in b.steps) == ["after", "index", "rows"]
    assert snapshots == []
    valid = watcher.execute(
        sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_big_n'::regclass")
    ).scalar()
    assert valid is True
    locks = sa.text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid IN"
        " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    )
    assert watcher.execute(locks).scalar() == 0
    watcher.close()


def kept_snapshots(watcher: sa.Connection, *, seconds: float) -> list[Any]:
    """Transactions that keep a snapshot for a fifth of a second while nothing runs in them.

    A try for the lock has one for the moment between its answer and its ROLLBACK.
    """
    query = sa.text(
        "SELECT pid, xact_start, query FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_xmin IS NOT NULL AND state LIKE 'idle%' AND query <> 'SELECT 1'"
    )
    first: dict[Any, float] = {}
    kept, deadline = set(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        for row in watcher.execute(query):
            now = time.monotonic()
            if now - first.setdefault(row, now) > 0.2:
                kept.add(row)
        time.sleep(0.005)
    return sorted(kept)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "CREATE UNIQUE INDEX CONCURRENTLY ux_t_n ON t (n)",
        'create unique index concurrently if not exists "ux_t_n" on public.t (n)',
    ],
)
def test_an_invalid_leftover_is_dropped_before_another_try(
    postgresql: Database, raw: str | None
) -> None:
    """A build that failed leaves an INVALID index; the next boot builds it anew."""
    engine = postgresql.engine()
    registry = Registry()

    @registry.revision("rows", down_revision=None)
    def rows(op: Operations) -> None:
        op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer)
        )
        op.execute("INSERT INTO t VALUES (1, 1), (2, 1)")

    @registry.revision("index", down_revision="rows", transactional=False)
    def index(op: Operations) -> None:
        if raw is not None:
            op.execute(raw)
        else:
            op.create_index("ux_t_n", "t", ["n"], unique=True, postgresql_concurrently=True)

    migrator = Migrator(engine, None, registry)
    with pytest.raises(Exception, match=r"could not create unique index|23505"):
        migrator.upgrade()
    assert _is_valid(engine) is False

    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM t WHERE id = 2"))
    report = migrator.upgrade()

    assert [(s.revision, s.resumed) for s in report.steps] == [("index", True)]
    assert _is_valid(engine) is True


def _is_valid(engine: sa.Engine) -> Any:
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ux_t_n'::regclass"
    with engine.connect() as connection:
        return connection.execute(sa.text(query)).scalar()
