"""The lock: whoever dies frees it, whoever waits is told for whom, and nobody waits for ever."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.dialects.session import Turn
from embedmig.errors import LockTimeout
from embedmig.events import RevisionStarted, WaitingForLock
from tests.boot import (
    boot_once,
    effects,
    history,
    in_thread,
    started_until,
    versions,
)
from tests.databases import Database, wait_until

#: A statement that lasts a minute, and ends when the server notices that its client is dead.
LONG = {"postgresql": "SELECT pg_sleep(60)"}


def stuck(at: str, statement: str | None, ready: Any = None) -> Registry:
    """Three revisions; `at` does not end, in Python or in the server."""
    registry = history(3)
    if at:
        body = registry.graph[at].upgrade_function
        assert body is not None

        def upgrade(op: Operations) -> None:
            body(op)
            ready.set()
            if statement is not None:
                op.execute(statement)
            time.sleep(60)

        registry.graph[at].upgrade_function = upgrade
    return registry


def _boot_stuck(url: str, statement: str | None, ready: Any) -> None:
    boot_once(url, stuck("r2", statement, ready))


@pytest.mark.faults
@pytest.mark.parametrize("where", ["in Python", "in a statement"])
def test_when_the_holder_is_killed_the_next_process_goes_on_within_two_seconds(
    db: Database, where: str
) -> None:
    """kill -9 in the middle of a revision, while another process waits."""
    statement = LONG.get(db.name) if where == "in a statement" else None
    if where == "in a statement" and statement is None:
        pytest.skip("the driver of this database has no statement that lasts")
    holder = started_until(_boot_stuck, db.dsn, statement)
    waiter, results = in_thread(lambda: boot_once(db.dsn, history(3)))
    time.sleep(0.5)
    assert not results, "it waits"

    os.kill(holder.pid, signal.SIGKILL)
    killed = time.monotonic()
    waiter.join(30)

    assert time.monotonic() - killed < 2
    (booted,) = results
    assert booted.error is None
    assert booted.steps == ("r2", "r3")
    assert effects(db.engine()) == ["r1", "r2", "r3"]
    assert versions(db.engine()) == ["r3"]
    holder.join()


@pytest.fixture
def held(db: Database) -> Any:
    """Another connection holds the lock of `db`'s version table, as a migrator would."""
    engine = db.engine()
    migrator = Migrator(engine, None, history(1))
    session = migrator._dialect.session
    connection = session.open(engine)
    key = migrator._key()
    if session.locks_in_transaction:
        assert session.begin(connection, Turn(key, "embedmig host:1", None))
    else:
        assert session.lock(connection, key)
    yield
    session.rollback(connection)
    session.close(connection)


@pytest.mark.usefixtures("held")
def test_a_lock_that_is_never_given_back_is_a_timeout_that_names_its_holder(db: Database) -> None:
    """Nothing has been written when LockTimeout is raised."""
    engine = db.engine()

    with pytest.raises(LockTimeout) as caught:
        Migrator(engine, None, history(3), lock_timeout=0.3).upgrade()

    assert caught.value.timeout == 0.3
    assert "0.3 s" in str(caught.value)
    if db.name != "sqlite":  # whose locks have no names
        assert caught.value.holder
        assert caught.value.holder in str(caught.value)
    assert sa.inspect(db.engine()).get_table_names() == []


@pytest.mark.usefixtures("held")
def test_a_lock_timeout_of_zero_tries_once(db: Database) -> None:
    """Whoever does not want to wait need not."""
    started = time.monotonic()
    with pytest.raises(LockTimeout):
        Migrator(db.engine(), None, history(1), lock_timeout=0).upgrade()
    assert time.monotonic() - started < 1


@pytest.mark.usefixtures("held")
def test_who_waits_tells_so_in_events_and_in_the_log(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """After a second the first notice: how long, and who holds the lock."""
    events: list[Any] = []
    caplog.set_level(logging.INFO, "embedmig")

    with pytest.raises(LockTimeout):
        Migrator(db.engine(), None, history(1), lock_timeout=1.3, on_event=events.append).upgrade()

    (event,) = [e for e in events if isinstance(e, WaitingForLock)]
    assert 1 <= event.waited < 2
    assert [r for r in caplog.records if "waiting for the migration lock" in r.message]
    if db.name == "postgresql":
        assert "embedmig host:1" in str(event.holder)


def test_status_names_who_migrates(db: Database) -> None:
    """status() reads beside a running migration, and tells who holds the lock."""
    running, finish = threading.Event(), threading.Event()
    registry = history(2)
    body = registry.graph["r2"].upgrade_function
    assert body is not None

    def upgrade(op: Operations) -> None:
        running.set()
        finish.wait(30)
        body(op)

    registry.graph["r2"].upgrade_function = upgrade
    thread, results = in_thread(lambda: boot_once(db.dsn, registry))
    assert running.wait(30)

    status = Migrator(db.engine(), None, history(2)).status()

    finish.set()
    thread.join()
    assert results[0].error is None
    assert status.current == ("r1",)
    assert status.pending == ("r2",)
    assert db.name == "sqlite" or status.lock_holder
    assert Migrator(db.engine(), None, history(2)).status().lock_holder is None


def test_two_version_tables_have_two_locks(db: Database) -> None:
    """A history with a version table of its own does not wait for another history."""
    if db.name == "sqlite":
        pytest.skip("a file has one writer")
    engine = db.engine()
    migrator = Migrator(engine, None, history(1))
    session = migrator._dialect.session
    connection = session.open(engine)
    key = migrator._key()
    if session.locks_in_transaction:
        assert session.begin(connection, Turn(key, "x", None))
    else:
        assert session.lock(connection, key)

    report = Migrator(
        db.engine(), None, history(1), version_table="v2", history_table="h2", lock_timeout=0
    ).upgrade()

    assert report
    session.rollback(connection)
    session.close(connection)


def test_a_waiter_sees_progress_between_revisions_and_may_take_over(db: Database) -> None:
    """Work may pass from one process to another between two revisions; each tells its share."""
    engine, seen = db.engine(), threading.Event()

    def tell(event: object) -> None:
        if isinstance(event, RevisionStarted):
            seen.set()

    thread, results = in_thread(lambda: boot_once(db.dsn, history(4, pause=0.1), on_event=tell))
    assert seen.wait(30)
    other = boot_once(db.dsn, history(4, pause=0.1))
    thread.join()

    assert (other.error, results[0].error) == (None, None)
    assert sorted((*other.steps, *results[0].steps)) == ["r1", "r2", "r3", "r4"]
    assert effects(engine) == ["r1", "r2", "r3", "r4"]


def test_a_long_reader_is_waited_for_politely(db: Database) -> None:
    """ddl_lock_timeout: a statement that queues too long is rolled back and tried again."""
    if db.name == "sqlite":
        pytest.skip("readers do not hold up DDL, only its COMMIT")
    registry = history(1)
    engine = db.engine()
    Migrator(engine, None, registry).upgrade()

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.add_column("t1", sa.Column("more", sa.Integer))

    events: list[Any] = []
    reader = db.engine().connect()
    reader.execute(sa.text("SELECT * FROM t1"))  # and its transaction stays open
    migrator = Migrator(engine, None, registry, ddl_lock_timeout=0.3, on_event=events.append)
    thread, results = in_thread(migrator.upgrade)
    wait_until(
        lambda: any(type(e).__name__ == "RevisionRetried" for e in events), what="another try"
    )
    reader.close()
    thread.join(30)

    assert [step.revision for step in results[0].steps] == ["r2"]
    assert "more" in {c["name"] for c in sa.inspect(engine).get_columns("t1")}


def test_the_lock_is_the_same_before_and_after_an_engine_has_connected(db: Database) -> None:
    """The default schema is part of the lock's name, and an engine learns it by connecting."""
    fresh, used = db.engine(), db.engine()
    used.connect().close()
    jobs = [
        Migrator(engine, None, history(1))._job("upgrade", lambda g, h: None)
        for engine in (fresh, used)
    ]
    fresh.connect().close()
    assert jobs[0].key == jobs[1].key


def test_databases_of_one_server_do_not_wait_for_each_other(db: Database) -> None:
    """MariaDB's locks are the server's: the database is part of the name."""
    other, running = db.another(), threading.Event()
    registry = history(1, pause=1.5)
    thread, results = in_thread(
        lambda: boot_once(db.dsn, registry, on_event=lambda _: running.set())
    )
    assert running.wait(30)

    booted = boot_once(other.dsn, history(1), lock_timeout=0)

    thread.join()
    assert (booted.error, results[0].error) == (None, None)
    assert booted.steps == ("r1",)
