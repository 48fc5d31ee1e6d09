"""One rebuild on every way to hold a SQLite database: driver, place, journal, transaction mode."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from embedmig import AsyncMigrator, Migrator, Operations, Registry
from embedmig.errors import EmbedmigError

SETUP = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b CHECK (b <> 'CHECK (z)'))",
    "CREATE TABLE child (t_id REFERENCES t ON DELETE CASCADE)",
    "CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 1; END",
    "INSERT INTO t VALUES (1, '1', 'x'), (2, '2', 'y')",
    "INSERT INTO child VALUES (1), (2)",
)
MODES: list[Any] = [pytest.param({}, id="legacy")]
if hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL"):
    MODES += [
        pytest.param({"autocommit": False}, id="autocommit-false"),
        pytest.param({"autocommit": True}, id="autocommit-true"),
    ]

registry = Registry()


@registry.revision("r1", down_revision=None)
def rebuild(op: Operations) -> None:
    op.alter_column("t", "a", type_=sa.Integer())
    op.alter_column("t", "b", server_default="z")


@registry.revision("r2", down_revision="r1")
def fail(op: Operations) -> None:
    op.alter_column("t", "a", type_=sa.Text())
    op.execute("SELECT nonsense")


def enforce(journal: str) -> Any:
    """What a careful application does on every connection."""

    def on_connect(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        autocommit, connection_ = getattr(connection, "autocommit", None), connection
        if autocommit is False:
            connection_.autocommit = True
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA journal_mode = {journal}")
        cursor.close()
        if autocommit is False:
            connection_.autocommit = False

    return on_connect


def assert_migrated(connection: sa.Connection) -> None:
    """The first revision is applied, the failed one left nothing, and no row is lost."""
    found = connection.exec_driver_sql("SELECT * FROM t").all()
    assert found == [(1, 1, "x"), (2, 2, "y")]
    assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar() == 2
    assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    assert {name for name in names if not name.startswith(("embedmig_version", "sqlite_"))} == {
        "t", "child", "tr", "embedmig_history",
    }  # fmt: skip
    assert connection.exec_driver_sql("SELECT version_num FROM embedmig_version").scalar() == "r1"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("place", ["file", "memory"])
def test_pysqlite(tmp_path: Path, place: str, journal: str, mode: dict[str, Any]) -> None:
    """Applied, and the failing revision rolled back as a whole, DDL included."""
    url = f"sqlite:///{tmp_path / 'app.db'}" if place == "file" else "sqlite://"
    options = {"poolclass": StaticPool} if place == "memory" else {}
    engine = sa.create_engine(url, connect_args=dict(mode), **options)
    sa.event.listen(engine, "connect", enforce(journal))
    with engine.begin() as connection:
        for statement in SETUP:
            connection.exec_driver_sql(statement)
    with pytest.raises(EmbedmigError, match="OperationalError"):
        Migrator(engine, sa.MetaData(), registry).upgrade()
    with engine.connect() as connection:
        assert_migrated(connection)
        driver: Any = connection.connection.driver_connection
        if mode:
            assert driver.autocommit is mode["autocommit"]
    engine.dispose()


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("place", ["file", "memory"])
def test_aiosqlite(tmp_path: Path, place: str, journal: str) -> None:
    """The same through the asynchronous driver."""

    async def main() -> None:
        url = f"/{tmp_path / 'app.db'}" if place == "file" else ""
        options = {"poolclass": StaticPool} if place == "memory" else {}
        engine = create_async_engine(f"sqlite+aiosqlite://{url}", **options)
        sa.event.listen(engine.sync_engine, "connect", enforce(journal))
        async with engine.begin() as connection:
            for statement in SETUP:
                await connection.exec_driver_sql(statement)
        with pytest.raises(EmbedmigError, match="OperationalError"):
            await AsyncMigrator(engine, sa.MetaData(), registry).upgrade()
        async with engine.connect() as connection:
            await connection.run_sync(assert_migrated)
        await engine.dispose()

    asyncio.run(main())


def test_a_reader_does_not_stop_a_rebuild(tmp_path: Path) -> None:
    """In a rollback journal COMMIT waits for readers; it is tried again, nothing is lost."""
    import threading

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    with engine.begin() as connection:
        for statement in SETUP:
            connection.exec_driver_sql(statement)
    reader = sqlite3.connect(tmp_path / "app.db", check_same_thread=False)
    cursor = reader.execute("SELECT * FROM t")
    cursor.fetchone()
    timer = threading.Timer(0.3, lambda: (cursor.fetchall(), reader.close()))
    timer.start()
    Migrator(engine, sa.MetaData(), registry).upgrade("r1")
    timer.join()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sum(a) FROM t").scalar() == 3
    engine.dispose()
