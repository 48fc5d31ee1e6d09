"""AsyncMigrator: the same behaviour inside a running loop, which never stands still."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from embedmig import AsyncMigrator, Migrator, Operations, Registry
from embedmig.dialects.session import Turn
from embedmig.errors import ConfigurationError, LockTimeout, MigrationFailed
from tests.boot import effects, history, history_rows, versions
from tests.databases import Database

DRIVERS = {
    "aiosqlite": "sqlite_db",
    "asyncpg": "postgresql",
    "psycopg": "postgresql",
    "aiomysql": "mariadb",
}
REVISIONS = ["r1", "r2", "r3"]

pytestmark = [
    # aiomysql warns when a connection that was invalidated is collected.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(params=list(DRIVERS))
def target(request: pytest.FixtureRequest) -> tuple[Database, str]:
    """A fresh database and the URL of an async driver for it."""
    db: Database = request.getfixturevalue(DRIVERS[request.param])
    return db, db.with_driver(request.param).render_as_string(hide_password=False)


def run(url: str, use: Callable[[AsyncEngine], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """Use an async engine inside a loop of its own."""

    async def main() -> Any:
        engine = create_async_engine(url, **options)
        try:
            return await use(engine)
        finally:
            await engine.dispose()

    return asyncio.run(main())


class Ticks:
    """Counts how often the loop came around, and the longest time it did not."""

    def __init__(self) -> None:
        self.count, self.longest = 0, 0.0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _tick(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            self.count, self.longest, last = self.count + 1, max(self.longest, now - last), now


def test_every_method(target: tuple[Database, str]) -> None:
    """What Migrator does, awaited."""
    db, url = target

    async def use(engine: AsyncEngine) -> None:
        migrator = AsyncMigrator(engine, None, history(3))
        assert migrator.heads() == ("r3",)
        assert await migrator.current() == ()
        assert [r.id for r in await migrator.pending()] == REVISIONS
        assert len((await migrator.plan("r2")).steps) == 2
        report = await migrator.upgrade("r2")
        assert [s.revision for s in report.steps] == ["r1", "r2"]
        assert (await migrator.upgrade()).after == ("r3",)
        assert not await migrator.upgrade()
        await migrator.verify()
        assert not await migrator.wait(0)
        assert [r.id for r in await migrator.history("current:")] == ["r3"]
        assert (await migrator.status()).is_current
        assert [s.revision for s in (await migrator.downgrade("r1")).steps] == ["r3", "r2"]
        assert await migrator.stamp("r1") is not None

    run(url, use)
    assert effects(db.engine()) == ["r1"]
    assert versions(db.engine()) == ["r1"]
    assert [row[:3] for row in history_rows(db.engine())][-1] == ("r2", "downgrade", "done")


def test_revisions_outside_a_transaction(target: tuple[Database, str]) -> None:
    db, url = target
    registry = history(3, outside=(2,))
    run(url, lambda engine: AsyncMigrator(engine, None, registry).upgrade())
    assert effects(db.engine()) == REVISIONS


def test_the_loop_keeps_ticking_while_the_lock_is_waited_for(
    target: tuple[Database, str],
) -> None:
    """Waiting sleeps in the loop, not in a thread of it."""
    db, url = target
    sync = db.engine()
    migrator = Migrator(sync, None, history(1))
    session = migrator._dialect.session
    holder = session.open(sync)
    key = migrator._key()
    if session.locks_in_transaction:
        assert session.begin(holder, Turn(key, "holder", None))
    else:
        assert session.lock(holder, key)

    async def use(engine: AsyncEngine) -> Ticks:
        async with Ticks() as ticks:
            with pytest.raises(LockTimeout):
                await AsyncMigrator(engine, None, history(1), lock_timeout=1).upgrade()
        return ticks

    ticks = run(url, use)
    session.rollback(holder)
    session.close(holder)
    assert ticks.count > 20
    assert ticks.longest < 0.5


def test_two_migrators_in_one_loop(target: tuple[Database, str]) -> None:
    """Neither waits for the other in a way that stops both."""
    db, url = target
    registry = history(3)

    async def use(engine: AsyncEngine) -> list[Any]:
        migrators = [AsyncMigrator(engine, None, registry) for _ in range(4)]
        return await asyncio.wait_for(
            asyncio.gather(*(migrator.upgrade() for migrator in migrators)), 30
        )

    reports = run(url, use)
    assert sorted(s.revision for r in reports for s in r.steps) == REVISIONS
    assert effects(db.engine()) == REVISIONS


SLOW = {
    "postgresql": "SELECT pg_sleep(30)",
    "mariadb": "SELECT SLEEP(30)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
    " SELECT count(*) FROM n",
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Nothing that hangs in a circle of references is freed while the test runs."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_cancellation_in_a_statement_frees_the_lock(target: tuple[Database, str]) -> None:
    """The task ends soon, its revision is undone or may be resumed, and the next one runs.

    Not only when the garbage collector comes by.
    """
    db, url = target
    begun = asyncio.Event()
    registry, whole = history(1), history(2)

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        begun.set()
        op.execute(SLOW[db.name])

    async def use(engine: AsyncEngine) -> float:
        task = asyncio.create_task(AsyncMigrator(engine, None, registry).upgrade())
        await asyncio.wait_for(begun.wait(), 30)
        await asyncio.sleep(0.1)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.monotonic() - started
        await AsyncMigrator(engine, None, whole, lock_timeout=10).upgrade()
        return took

    took = run(url, use)

    assert took < 5
    assert effects(db.engine()) == ["r1", "r2"]


def test_cancellation_while_waiting_for_the_lock(target: tuple[Database, str]) -> None:
    """Nothing is left: no thread of this process, no connection in the way of the next."""
    db, url = target
    sync = db.engine()
    migrator = Migrator(sync, None, history(1))
    session = migrator._dialect.session
    holder = session.open(sync)
    key = migrator._key()
    if session.locks_in_transaction:
        assert session.begin(holder, Turn(key, "holder", None))
    else:
        assert session.lock(holder, key)

    async def use(engine: AsyncEngine) -> None:
        waiter = asyncio.create_task(AsyncMigrator(engine, None, history(2)).upgrade())
        await asyncio.sleep(0.3)
        assert not waiter.done()
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        session.rollback(holder)
        session.close(holder)
        assert await AsyncMigrator(engine, None, history(2), lock_timeout=5).upgrade()

    run(url, use)
    assert effects(db.engine()) == ["r1", "r2"]


def test_a_failure_is_the_same_error(target: tuple[Database, str]) -> None:
    db, url = target
    registry = Registry()

    @registry.revision("bad", down_revision=None)
    def bad(op: Operations) -> None:
        op.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(MigrationFailed, match="nowhere"):
        run(url, lambda engine: AsyncMigrator(engine, None, registry).upgrade())
    assert versions(db.engine()) == []


def test_an_async_connection_is_joined(target: tuple[Database, str]) -> None:
    """The caller's transaction, awaited; refused where DDL commits."""
    db, url = target

    async def use(engine: AsyncEngine) -> Any:
        async with engine.connect() as connection:
            report = await AsyncMigrator(connection, None, history(2)).upgrade()
            await connection.rollback()
            return report

    if db.name == "mariadb":
        with pytest.raises(ConfigurationError, match="Engine"):
            run(url, use)
    else:
        assert len(run(url, use).steps) == 2
    assert sa.inspect(db.engine()).get_table_names() == []


@pytest.mark.parametrize("pool", [NullPool, StaticPool])
def test_pools(target: tuple[Database, str], pool: Any) -> None:
    db, url = target

    async def use(engine: AsyncEngine) -> None:
        await asyncio.gather(*(AsyncMigrator(engine, None, history(3)).upgrade() for _ in range(2)))

    if pool is StaticPool and db.name != "sqlite":
        pytest.skip("one connection for everything is SQLite's way")
    run(url, use, poolclass=pool)
    assert effects(db.engine()) == REVISIONS


def test_what_is_not_async_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="AsyncEngine"):
        AsyncMigrator(sa.create_engine("sqlite://"))  # type: ignore[arg-type]  # the point
    with pytest.raises(ConfigurationError, match="AsyncMigrator"):
        Migrator(create_async_engine("sqlite+aiosqlite://"))  # type: ignore[arg-type]  # the point
