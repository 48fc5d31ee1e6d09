"""Ctrl-C, SIGTERM, timeouts: the statement ends on the server and the lock is free in seconds."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from tests.boot import CONTEXT, boot_once
from tests.databases import Database
from tests.faults.table import survived

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SLEEPS = {
    "postgresql": "SELECT pg_sleep(60)",
    "mariadb": "SELECT SLEEP(60)",
    "sqlite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 1e7)"
    " SELECT count(*) FROM c",
}


def slow(name: str, begun: Any = None) -> Registry:
    """One revision that makes a table and then takes its time."""
    registry = Registry()

    @registry.revision("s1", down_revision=None)
    def upgrade(op: Operations) -> None:
        op.create_table("made", sa.Column("id", sa.Integer, primary_key=True))
        if begun is not None:
            begun.set()
        op.execute(SLEEPS[name])

    return registry


def _migrate(url: str, name: str, begun: Any = None) -> None:
    def leave(*_: Any) -> None:
        raise SystemExit(3)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    try:
        Migrator(sa.create_engine(url), None, slow(name, begun)).upgrade()
    except KeyboardInterrupt:
        os._exit(4)


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 3), (signal.SIGINT, 4)])
def test_an_interrupted_process_frees_everything_within_five_seconds(
    db: Database, sent: signal.Signals, code: int
) -> None:
    """The process ends, the statement too, and another process takes the lock at once."""
    process = CONTEXT.Process(target=_migrate, args=(db.dsn, db.name))
    process.start()
    engine = db.engine()
    wait_for_sleep(engine, db.name)
    started = time.monotonic()

    assert process.pid is not None
    os.kill(process.pid, sent)
    process.join(10)

    assert time.monotonic() - started < 5
    assert process.exitcode == code
    quick = Registry()
    quick.revision("q1", down_revision=None)(lambda op: None)
    assert boot_once(db.dsn, quick, lock_timeout=5 - (time.monotonic() - started)).error is None
    assert running(engine, db.name) == 0
    survived(f"interrupted by {sent.name}", db.name)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 3), (signal.SIGINT, 4)])
def test_where_there_is_no_server_the_statement_ends_first(
    db: Database, sent: signal.Signals, code: int
) -> None:
    """SQLite runs in the process: Python hears of the signal after it, and undoes the revision."""
    begun = CONTEXT.Event()
    process = CONTEXT.Process(target=_migrate, args=(db.dsn, db.name, begun))
    process.start()
    assert begun.wait(30)
    time.sleep(0.2)

    assert process.pid is not None
    os.kill(process.pid, sent)
    process.join(60)

    assert process.exitcode == code
    quick = Registry()
    quick.revision("q1", down_revision=None)(lambda op: None)
    assert boot_once(db.dsn, quick, lock_timeout=1).error is None
    assert "made" not in sa.inspect(db.engine()).get_table_names()
    survived(f"interrupted by {sent.name}", db.name)


RUNNING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND state = 'active' AND query LIKE 'SELECT pg_sleep%%'",
    "mariadb": "SELECT count(*) FROM information_schema.processlist"
    " WHERE db = database() AND info LIKE 'SELECT SLEEP%%'",
}


def running(engine: sa.Engine, name: str) -> int:
    """How many of the slow statements run on the server."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(RUNNING[name]).scalar() or 0)


def wait_for_sleep(engine: sa.Engine, name: str) -> None:
    """Until the slow statement has begun."""
    deadline = time.monotonic() + 30
    while not running(engine, name):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.only_on("sqlite")
def test_who_catches_ctrl_c_may_migrate_again(db: Database) -> None:
    """The lock is free at once, though the error is kept and no garbage collector comes by."""
    ready, finished = threading.Event(), slow(db.name)

    def press() -> None:
        assert ready.wait(30)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presser = threading.Thread(target=press)
    gc.collect()
    gc.disable()
    try:
        presser.start()
        with pytest.raises(KeyboardInterrupt) as interrupted:
            Migrator(db.engine(), None, slow(db.name, ready)).upgrade()
        again = Migrator(db.engine(), None, finished, lock_timeout=5).upgrade()
    finally:
        gc.enable()
        presser.join()
        signal.signal(signal.SIGINT, before)
    assert interrupted.value.__traceback__ is not None
    assert [step.revision for step in again.steps] == ["s1"]
